/** What of a turn was held back: it waits for a person's look, and is not recalled meanwhile. */

import { useEffect, useState } from "react";
import { listMemories, type Memory } from "../api/memories";
import type { Turn } from "./turns";

const MOST = 100;

/** `when` changes with whatever may have brought new ones. */
export function useHeld(threadId: string | null, turn: Turn | null, when: unknown) {
  const [held, setHeld] = useState<Memory[]>([]);
  useEffect(() => {
    if (!threadId) return setHeld([]);
    const asked = new AbortController();
    // `when` alone says that it is time to look again.
    void when;
    listMemories({ status: ["quarantined", "proposed"], limit: MOST }, asked.signal).then(
      ({ memories }) => setHeld(memories.filter((memory) => memory.provenance?.thread_id === threadId)),
      () => undefined,
    );
    return () => asked.abort();
  }, [threadId, when]);
  const said = new Set([turn?.id, ...(turn?.parts.map((part) => part.message.id) ?? [])]);
  const of = held.filter((memory) => memory.provenance.message_ids.some((id) => said.has(id)));
  const change = (id: string, next: Memory | null) =>
    setHeld((was) => was.flatMap((memory) => (memory.id === id ? (next ? [next] : []) : [memory])));
  return { held: of, change };
}
