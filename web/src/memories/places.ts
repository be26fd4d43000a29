/** The places that an erasure empties, in words. Pure. */

export type Place = { name: string; words: string; count: number };

/** Places that are the same to a person are one. */
const GROUPS: { places: string[]; one: string; many: string }[] = [
  { places: ["memory_items"], one: "memory or note about one", many: "memories and notes about them" },
  {
    places: ["memory_vectors", "memory_lookup", "memory_speakers"],
    one: "entry by which they are found",
    many: "entries by which they are found",
  },
  { places: ["memory_grants"], one: "leave for others to look", many: "leaves for others to look" },
  { places: ["conversations"], one: "conversation", many: "conversations" },
  {
    places: ["shared conversations"],
    one: "part of somebody else's conversation",
    many: "parts of other people's conversations",
  },
  {
    places: ["checkpoints", "checkpoint_blobs", "checkpoint_writes"],
    one: "record of how a conversation stood",
    many: "records of how conversations stood",
  },
  {
    places: ["server threads"],
    one: "entry in the server's list of conversations",
    many: "entries in the server's list of conversations",
  },
];

/** What holds something: "412 memories and notes about them". A place without words is told by its name. */
export function placesOf(counts: Record<string, number>): Place[] {
  const known = new Set(GROUPS.flatMap(({ places }) => places));
  const others = Object.keys(counts).filter((name) => !known.has(name));
  const named = others.map((name) => ({ places: [name], one: plain(name), many: plain(name) }));
  return [...GROUPS, ...named].flatMap(({ places, one, many }) => {
    const count = places.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    return count ? [{ name: places.join(), count, words: some(count, one, many) }] : [];
  });
}

const plain = (name: string) => name.replaceAll("_", " ");

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
