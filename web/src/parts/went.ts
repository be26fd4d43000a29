/** What an undo took along, or a redo brought back, in people's words. Pure. */

import type { Kind } from "../api/memories";

export type Kinds = Partial<Record<Kind, number>>;

/** "1 fact and the words of the turn went with it."; "" for nothing. How many messages the words were tells nobody anything. */
export function wentAlong(kinds: Kinds, went: "went" | "came back"): string {
  const parts = [
    counted(kinds.semantic, "fact"),
    counted(kinds.procedural, "instruction"),
    kinds.episodic ? "the words of the turn" : "",
  ].filter(Boolean);
  const [last = "", ...before] = parts.reverse();
  const all = before.length ? `${before.reverse().join(", ")} and ${last}` : last;
  return all && `${all.charAt(0).toUpperCase()}${all.slice(1)} ${went} with it.`;
}

const counted = (many: number | undefined, what: string) =>
  many ? `${many} ${what}${many > 1 ? "s" : ""}` : "";
