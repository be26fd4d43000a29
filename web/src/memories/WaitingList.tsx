/** What waits for a person's look, before all else: how many, why, and the answers. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { listMemories, type Memory } from "../api/memories";
import { Failure } from "../parts/Failure";
import { MemoryRows } from "./MemoryRows";
import { sentence } from "./useAct";
import { waits } from "./words";

const MOST = 100;

/** `away`: the list below says already that nothing can be read. */
export function WaitingList({ away, onDecided }: { away: boolean; onDecided(): void }) {
  const [waiting, setWaiting] = useState<Memory[]>([]);
  const [failed, setFailed] = useState("");
  const look = useCallback(() => {
    listMemories({ status: ["quarantined", "proposed"], limit: MOST }).then(
      (page) => {
        setFailed("");
        setWaiting(page.memories);
      },
      (error) => setFailed(sentence(error)),
    );
  }, []);
  useEffect(() => {
    if (!away) look();
  }, [away, look]);
  const pages = useMemo(
    () => [{ start: 0, rows: waiting.map((memory) => ({ key: memory.id, memory })) }],
    [waiting],
  );
  const changed = useCallback(
    (next: Memory | null, before: Memory) => {
      setWaiting(
        (now) =>
          now
            .map((each) => (each.id === before.id ? next : each))
            .filter((each) => each !== null && waits(each)) as Memory[],
      );
      if (!next || !waits(next)) onDecided();
    },
    [onDecided],
  );
  if (failed && !away) return <Failure sentence={failed} again={look} />;
  if (!waiting.length) return null;
  return (
    <details className="waitinglist" open={waiting.length <= 3}>
      <summary>
        <h2>{waitingWords(waiting.length)}</h2>
        <p className="small soft">Nothing of this is recalled before you say so.</p>
      </summary>
      <MemoryRows pages={pages} onChange={changed} label="Waiting for your look" />
    </details>
  );
}

function waitingWords(count: number): string {
  if (count === 1) return "One waits for your look";
  return `${count >= MOST ? `${MOST} or more` : count} wait for your look`;
}
