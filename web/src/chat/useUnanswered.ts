/** A message that was sent and has no answer: said again by itself once after the server was away, else offered. */

import { useEffect, useState } from "react";
import { keepSent, readSent } from "./sent";
import { isAnswered, type Turn } from "./turns";
import type { Conversation } from "./useConversation";

/** Messages that were said again already: never more than once by itself. */
const again = new Set<string>();

export function useUnanswered(conversation: Conversation, id: string, away: boolean): Turn | null {
  const { turns, busy, loading, thread, threadId, error, say } = conversation;
  // What an earlier page or an earlier server left: what is said from here on is no business of this.
  const [left] = useState(() => readSent(id));
  const last = turns.at(-1) ?? null;
  const settled = !busy && !loading && !thread.loading && !away;
  const known = threadId === null || thread.head !== null || error !== null;

  useEffect(() => {
    if (!left || !settled || !known || again.has(left.id)) return;
    again.add(left.id);
    const there = turns.find((turn) => turn.id === left.id);
    if (there && isAnswered(there)) keepSent(id, null);
    else say(left.text, { id: left.id, checkpoint: there ? undefined : left.checkpoint });
  }, [left, settled, known, turns, id, say]);

  return settled && last?.human && !isAnswered(last) ? last : null;
}
