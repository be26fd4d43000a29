/** Why a memory waits for a look, and the two answers to it. */

import { useState } from "react";
import type { Memory } from "../api/memories";
import { approve, reject } from "./deeds";
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
          onReason={(reason) => act(() => reject(memory, reason))}
        />
      ) : (
        <div className="row">
          <button
            // What somebody else wrote is not to be waved through.
            className={`button small${memory.status === "proposed" ? " main" : ""}`}
            type="button"
            disabled={busy}
            onClick={() => act(() => approve(memory))}
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
