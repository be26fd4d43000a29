/** What was decided, in a person's words. Pure. */

import type { Decision, TurnDecisions } from "../api/decisions";

const WORDS: Record<string, string> = {
  new: "Kept",
  same: "Known already",
  refines: "Kept, told more fully",
  outdates: "Kept, ends another",
  corrects: "Kept, corrects another",
  older: "Kept as past",
  weaker: "Kept as past",
  mask: "Secret left out",
  quarantine: "Held back",
  refuse: "Not kept",
  forget: "Forgotten",
};
const NOT_KEPT = ["refuse", "quarantine"];

export const decidedWords = ({ what }: Decision) => WORDS[what] ?? what;

export const wasNotKept = ({ what }: Decision) => NOT_KEPT.includes(what);

/** Of each turn only what was not kept; a turn of which all was is left out. */
export function notKept(turns: TurnDecisions[]): TurnDecisions[] {
  return turns
    .map((turn) => ({ ...turn, decisions: turn.decisions.filter(wasNotKept) }))
    .filter((turn) => turn.decisions.length > 0);
}
