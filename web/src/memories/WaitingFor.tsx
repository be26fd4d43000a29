/** Why a memory waits for a look, and the two answers to it. */

import { useState } from "react";
import { approveMemory, type Memory, rejectMemory } from "../api/memories";
import { ReasonForm } from "./ReasonForm";
import { useAct } from "./useAct";

export function WaitingFor({ memory, onChange }: { memory: Memory; onChange(next: Memory): void }) {
  const [rejecting, setRejecting] = useState(false);
  const { busy, failed, run, clear } = useAct();
  const act = (work: () => Promise<{ memory: Memory }>) => run(async () => onChange((await work()).memory));
  return (
    <div className="waiting notice small">
      <p dir="auto">{memory.reason || "It waits for a look."}</p>
      {rejecting ? (
        <ReasonForm
          label="Why not?"
          verb="Reject"
          hint="It is never recalled. It stays in the history, with your reason."
          busy={busy}
          failed={failed}
          onClose={() => {
            clear();
            setRejecting(false);
          }}
          onReason={(reason) => act(() => rejectMemory(memory.id, reason))}
        />
      ) : (
        <div className="row">
          <button
            className="button small main"
            type="button"
            disabled={busy}
            onClick={() => act(() => approveMemory(memory.id))}
          >
            Approve
          </button>
          <button className="button small" type="button" disabled={busy} onClick={() => setRejecting(true)}>
            Reject …
          </button>
          {failed && (
            <p className="alert" role="alert">
              {failed}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
