/** Take the last turn back with what it taught, or bring it back. */

import { useState } from "react";
import { type Changed, redoTurn, undoTurn } from "../api/timeline";
import { sentenceOf } from "../parts/useAsked";
import { wentAlong } from "../parts/went";
import { shorten } from "./steps";

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

const undone = ({ said, kinds }: Changed) =>
  `Took back “${shorten(said, 80)}”. ${wentAlong(kinds, "went")}`.trim();

const redone = ({ said, kinds }: Changed) =>
  `Brought back “${shorten(said, 80)}”. ${wentAlong(kinds, "came back")}`.trim();
