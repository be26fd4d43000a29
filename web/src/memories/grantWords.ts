/** A grant in a sentence. Pure. */

import type { Grant } from "../api/grants";

const WORDS: Record<string, string> = {
  semantic: "facts",
  episodic: "moments",
  procedural: "instructions",
};

/** "The agent planner may read your facts and moments" */
export function grantWords({ grantee, of, kinds, action }: Grant): string {
  const [sort = "", ...name] = grantee.split(":");
  const does = action === "write" ? "read and write" : "read";
  const what = kinds.includes("*") ? "everything" : listed(kinds.map((kind) => WORDS[kind] ?? kind));
  const whose = of
    ? `what the agent ${of} keeps for itself: ${what}`
    : kinds.includes("*")
      ? "all of yours"
      : `your ${what}`;
  return `The ${sort} ${name.join(":")} may ${does} ${whose}`;
}

export const grantKey = ({ grantee, of, kinds, action }: Grant) =>
  [grantee, of, kinds.join("+"), action].join("/");

function listed(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
