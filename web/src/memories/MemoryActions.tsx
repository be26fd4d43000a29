/** What can be done with a memory: edit, pin, take back, bring back, forget. */

import { useEffect, useRef, useState } from "react";
import { forgetMemory, type Memory, pinMemory, restoreMemory } from "../api/memories";
import { Confirm } from "../parts/Confirm";
import { takeBack } from "./deeds";
import { EditMemory } from "./EditMemory";
import { tellForgotten } from "./forgotten";
import { ReasonForm } from "./ReasonForm";
import { useAct } from "./useAct";
import { wordsOf } from "./words";

type Doing = "edit" | "retract" | "forget" | null;

export function MemoryActions(props: { memory: Memory; onChange(next: Memory | null): void }) {
  const { memory, onChange } = props;
  const [doing, setDoing] = useState<Doing>(null);
  const { busy, failed, run, clear } = useAct();
  const instruction = memory.kind === "procedural";
  const row = useRef<HTMLDivElement>(null);
  const did = useRef<Doing>(null);
  useEffect(() => {
    // The form or dialog that had the focus is gone: the button that brought it is back.
    if (!doing && did.current) {
      const pressed = row.current?.querySelector<HTMLElement>(`[data-deed="${did.current}"]`);
      (pressed ?? row.current?.querySelector("button"))?.focus();
    }
    did.current = doing;
  }, [doing]);
  const stop = () => {
    clear();
    setDoing(null);
  };
  const act = (work: () => Promise<Memory | null>) =>
    run(async () => {
      const next = await work();
      setDoing(null);
      onChange(next);
    });
  if (doing === "edit") return <EditMemory memory={memory} onChange={onChange} onClose={stop} />;
  if (doing === "retract") {
    return (
      <ReasonForm
        label={instruction ? "Why no longer?" : "Why is it wrong?"}
        verb={instruction ? "Follow it no longer" : "Take it back"}
        hint={
          instruction
            ? "It is no longer followed. It stays in the history, with your reason."
            : "It is no longer recalled, and no more are your words that said it. All stays in the history with your reason: Forget takes it away."
        }
        busy={busy}
        failed={failed}
        onClose={stop}
        onReason={(reason) => act(async () => (await takeBack(memory, reason)).memory)}
      />
    );
  }
  return (
    <div ref={row} className="row actions">
      {mayEdit(memory) && (
        <button className="button small" type="button" data-deed="edit" onClick={() => setDoing("edit")}>
          Edit
        </button>
      )}
      <button
        className="button small"
        type="button"
        disabled={busy}
        aria-pressed={memory.pinned}
        onClick={() => act(async () => (await pinMemory(memory.id, !memory.pinned)).memory)}
      >
        {memory.pinned ? "Unpin" : "Pin"}
      </button>
      {memory.status === "active" && (
        <button
          className="button small"
          type="button"
          data-deed="retract"
          onClick={() => setDoing("retract")}
        >
          {instruction ? "No longer" : "It is wrong"}
        </button>
      )}
      {mayRestore(memory) && (
        <button
          className="button small"
          type="button"
          disabled={busy}
          onClick={() => act(async () => (await restoreMemory(memory.id)).memory)}
        >
          It is right after all
        </button>
      )}
      <button
        className="button small bad"
        type="button"
        data-deed="forget"
        onClick={() => setDoing("forget")}
      >
        Forget
      </button>
      {failed && doing === null && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
      {doing === "forget" && (
        <Confirm
          title="Forget this for good?"
          verb="Forget for good"
          busy={busy}
          failed={failed}
          onNo={stop}
          onYes={() =>
            act(async () => {
              await forgetMemory(memory.id);
              tellForgotten();
              return null;
            })
          }
        >
          <blockquote className="small" dir="auto">
            {wordsOf(memory)}
          </blockquote>
          <p>
            The memory goes with its history, and with its words in every other memory. Its conversation keeps
            its own words. It cannot be brought back.
          </p>
        </Confirm>
      )}
    </div>
  );
}

/** What was said stays as it was said; facts and instructions can be put in other words. */
const mayEdit = (memory: Memory) => memory.kind !== "episodic" && memory.status === "active";
/** What a person took back as wrong; what went with an undone turn comes back with that turn. */
const mayRestore = (memory: Memory) =>
  memory.kind === "semantic" && memory.status === "retracted" && !memory.undone;
