/** What a search among memories tells of conversations. Pure. */

import type { Recalled } from "../api/memories";
import { sharedWords } from "../memories/why";
import { wasSaid } from "../memories/words";
import { withoutPlace } from "./receipt";

export type Found = { thread: string; message: string; text: string };
type Hit = Pick<Recalled, "text" | "thread_id" | "message_ids">;

const NEAREST = 3;

/** One hit a conversation, the best first: those with a word of what was asked, or else the nearest. */
export function foundIn(hits: readonly Hit[], words: string): Found[] {
  const found = new Map<string, Found>();
  // What was written by hand was said in no conversation.
  const said = hits.filter(wasSaid);
  const literal = said.filter((hit) => sharedWords(words, hit.text).length > 0);
  for (const hit of literal.length ? literal : said.slice(0, NEAREST)) {
    const message = hit.message_ids[0];
    if (!message || found.has(hit.thread_id)) continue;
    found.set(hit.thread_id, { thread: hit.thread_id, message, text: withoutPlace(hit.text) });
  }
  return [...found.values()];
}
