/** A receipt without what was forgotten since: a conversation's states keep the words of their time. Pure. */

import type { Memory, Recalled } from "../api/memories";
import type { Learned, Procedure, Receipt } from "./state";

/** What is kept by now; null is forgotten, and what nobody asked after is not in it. */
export type Kept = ReadonlyMap<string, Memory | null>;

export type Now = {
  recalled: Recalled[];
  /** Beside the memory of the turn itself. */
  learned: Learned[];
  procedures: Procedure[];
  /** How many of each are no longer kept. */
  gone: { recalled: number; learned: number; procedures: number };
};

export function asNow(receipt: Receipt, kept: Kept): Now {
  const there = <Item extends { id: string }>(items: Item[] = []) =>
    items.filter((item) => kept.get(item.id) !== null);
  const now = <Item extends { id: string; text: string; quote?: string }>(items: Item[] = []) =>
    there(items).map((item) => inWordsOf(item, kept.get(item.id)));
  const taught = receipt.learned?.filter((item) => item.kind !== "episodic");
  const recalled = now(receipt.recalled);
  const learned = now(taught);
  const procedures = now(receipt.procedures);
  const less = (was: unknown[] | undefined, is: unknown[]) => (was?.length ?? 0) - is.length;
  return {
    recalled,
    learned,
    procedures,
    gone: {
      recalled: less(receipt.recalled, recalled),
      learned: less(taught, learned),
      procedures: less(receipt.procedures, procedures),
    },
  };
}

/** Every memory that a receipt shows. */
export function idsIn({ recalled, learned, procedures }: Receipt): string[] {
  const items = [...(recalled ?? []), ...(learned ?? []), ...(procedures ?? [])];
  return [...new Set(items.map((item) => item.id))];
}

/** What was forgotten went from the words of others as well: then theirs are as they are now. */
export function inWordsOf<Item extends { text: string; quote?: string }>(
  item: Item,
  memory?: Memory | null,
): Item {
  if (!memory) return item;
  const text = memory.text.startsWith(item.text.replace(/…$/, "")) ? item.text : memory.text;
  return item.quote === undefined ? { ...item, text } : { ...item, text, quote: memory.provenance.quote };
}
