/** What a search among memories tells of conversations. Pure. */

import { matches, withoutPlace } from "./receipt";

export type Found = { thread: string; message: string; text: string };

type Hit = {
  text: string;
  thread_id?: string;
  message_ids?: string[];
  provenance?: { thread_id: string; message_ids: string[] };
};

/**
 * One hit a conversation, the best first: those with a word of what was asked, or else the nearest three.
 * A search gives a memory's place flat, a list as its provenance.
 */
export function foundIn(hits: readonly Hit[], words: string): Found[] {
  const found = new Map<string, Found>();
  const literal = hits.filter((hit) => matches(words, hit.text).length > 0);
  for (const hit of literal.length ? literal : hits.slice(0, 3)) {
    const thread = hit.provenance?.thread_id ?? hit.thread_id;
    const message = (hit.provenance?.message_ids ?? hit.message_ids)?.[0];
    if (!thread || !message || found.has(thread)) continue;
    found.set(thread, { thread, message, text: withoutPlace(hit.text) });
  }
  return [...found.values()];
}
