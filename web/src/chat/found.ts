/** What a search among memories tells of conversations. Pure. */

export type Found = { thread: string; message: string; text: string };

type Hit = {
  text: string;
  thread_id?: string;
  message_ids?: string[];
  provenance?: { thread_id: string; message_ids: string[] };
};

/** One hit a conversation, the best first. A search gives a memory's place flat, a list as its provenance. */
export function foundIn(hits: readonly Hit[]): Found[] {
  const found = new Map<string, Found>();
  for (const hit of hits) {
    const thread = hit.provenance?.thread_id ?? hit.thread_id;
    const message = (hit.provenance?.message_ids ?? hit.message_ids)?.[0];
    if (!thread || !message || found.has(thread)) continue;
    found.set(thread, { thread, message, text: hit.text });
  }
  return [...found.values()];
}
