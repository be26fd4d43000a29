/** The places that an erasure empties, in words. Pure. */

export type Place = { name: string; words: string; count: number };

const WORDS: Record<string, [one: string, many: string]> = {
  memory_items: ["memory or note about one", "memories and notes about them"],
  memory_vectors: ["vector that finds them", "vectors that find them"],
  memory_lookup: ["entry that finds them by their words", "entries that find them by their words"],
  memory_speakers: ["name of a speaker", "names of speakers"],
  memory_grants: ["leave for others to read", "leaves for others to read"],
  conversations: ["conversation", "conversations"],
  "shared conversations": ["part of another's conversation", "parts of others' conversations"],
  checkpoints: ["state of a conversation", "states of conversations"],
  checkpoint_blobs: ["piece of such a state", "pieces of such states"],
  checkpoint_writes: ["step of such a state", "steps of such states"],
  "server threads": ["conversation in the server's own list", "conversations in the server's own list"],
};

/** Those that hold something, as they came: "412 memories and notes about them". */
export function placesOf(counts: Record<string, number>): Place[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ name, count, words: `${count.toLocaleString()} ${wordsFor(name, count)}` }));
}

function wordsFor(name: string, count: number): string {
  const [one, many] = WORDS[name] ?? [];
  return (count === 1 ? one : many) ?? name.replaceAll("_", " ");
}

/** What an import brought, in a sentence. */
export function broughtIn(told: Record<string, number>): string {
  const { items = 0, items_already = 0, conversations = 0, conversations_already = 0 } = told;
  const already = items_already + conversations_already;
  const came = `${some(items, "memory or note", "memories and notes")} and ${some(conversations, "conversation", "conversations")} came in`;
  return already
    ? `${came}; ${already.toLocaleString()} were there already and stay as they were.`
    : `${came}.`;
}

function some(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
