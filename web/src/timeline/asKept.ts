/** What a checkpoint tells of memories, without the words of what was forgotten since: it keeps those of its time. */

import { type Memory, memoriesById } from "../api/memories";
import { inWordsOf } from "../chat/asNow";

const OF_MEMORIES = new Set(["recalled", "learned", "procedures"]);
export const GONE = "What stood here is no longer kept.";

type Item = { id: string; text: string; quote?: string };

/** States, steps or differences as they are now; what is forgotten keeps its place, and says that it is. */
export async function asKept<Told>(told: Told, signal?: AbortSignal): Promise<Told> {
  const ids = new Set<string>();
  mapped(told, (item) => {
    ids.add(item.id);
    return item;
  });
  if (!ids.size) return told;
  const found = await memoriesById([...ids], signal);
  const byId = new Map(found.map((memory) => [memory.id, memory]));
  return mapped(told, (item) => now(item, byId.get(item.id))) as Told;
}

/** Nothing else of it is told: a receipt knows the words that were looked for. */
function now(item: Item, memory: Memory | undefined): object {
  return memory ? inWordsOf(item, memory) : { id: item.id, text: GONE };
}

/** A copy in which each memory is what is made of it: only below these names there are any. */
function mapped(tree: unknown, made: (item: Item) => object, isInside = false): unknown {
  if (Array.isArray(tree)) return tree.map((each) => mapped(each, made, isInside));
  if (tree === null || typeof tree !== "object") return tree;
  if (isInside && isItem(tree)) return made(tree);
  return Object.fromEntries(
    Object.entries(tree).map(([name, each]) => [name, mapped(each, made, isInside || OF_MEMORIES.has(name))]),
  );
}

const isItem = (given: object): given is Item =>
  "id" in given && typeof given.id === "string" && "text" in given && typeof given.text === "string";
