/** Take the last turn back with what it taught, or bring it back. */

import { useState } from "react";
import { type Changed, redoTurn, undoTurn } from "../api/timeline";
import { sentenceOf } from "../parts/useAsked";
import { counted, shorten } from "./steps";

type Props = { thread: string; canUndo: boolean; onDone(): void };

export function LastTurn({ thread, canUndo, onDone }: Props) {
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState("");
  const [failed, setFailed] = useState("");

  const run = async (change: (thread: string) => Promise<Changed>, tell: (changed: Changed) => string) => {
    setBusy(true);
    setFailed("");
    try {
      setDone(tell(await change(thread)));
      onDone();
    } catch (error) {
      setDone("");
      setFailed(sentenceOf(error));
    }
    setBusy(false);
  };

  return (
    <div className="row last-turn">
      <button
        className="button"
        type="button"
        disabled={busy || !canUndo}
        onClick={() => run(undoTurn, undone)}
      >
        Undo the last turn
      </button>
      <button className="button" type="button" disabled={busy} onClick={() => run(redoTurn, redone)}>
        Redo
      </button>
      <span className="small soft" role="status">
        {done}
      </span>
      {!done && !failed && <span className="small soft arrowkeys">The keys ← and → go along the steps.</span>}
      {failed && (
        <span className="alert" role="alert">
          {failed}
        </span>
      )}
    </div>
  );
}

export function undone({ said, memories }: Changed): string {
  const what = memories > 0 ? `, and the ${counted(memories, "memory", "memories")} that it taught` : "";
  return `Took back “${shorten(said, 80)}”${what}.`;
}

export function redone({ said, memories }: Changed): string {
  const what = memories > 0 ? `, with the ${counted(memories, "memory", "memories")} that it taught` : "";
  return `Brought back “${shorten(said, 80)}”${what}.`;
}
