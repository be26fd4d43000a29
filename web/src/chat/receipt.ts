/** Why a memory was recalled, in a person's words. Pure. */

import type { Recalled, Source } from "../api/memories";
import { sharedWords } from "../memories/why";

/** A moment's words without the date and the name before them: what is said of it tells both. */
export function wordsOf(item: Pick<Recalled, "kind" | "text">): string {
  return item.kind === "episodic" ? withoutPlace(item.text) : item.text;
}

export const withoutPlace = (text: string) => text.replace(/^\[\d{4}-\d{2}-\d{2}\] [^:\n]{1,60}: /, "");

const MOST_WORDS = 2;

const SAID: Record<Source, string> = {
  user: "you said this",
  agent: "I said this",
  tool: "a tool returned this",
  document: "you pasted or quoted this",
};

/** “matched “peanuts”, close in meaning, you said this on 3 May”. */
export function inWords(item: Recalled, asked: string, now = new Date()): string {
  const matched = sharedWords(asked, wordsOf(item)).slice(0, MOST_WORDS);
  const reasons = item.why.split(", ").filter((each) => each && each !== "shares words");
  const words = matched.length
    ? [`matched ${matched.map((word) => `“${word}”`).join(" and ")}`]
    : item.why.includes("shares words")
      ? ["shares words with your message"]
      : [];
  const said = item.agent ? `${item.agent} learned this` : SAID[item.source];
  return [...words, ...reasons, `${said} ${onDay(item.said_at, now)}`].join(", ");
}

/** "today", "yesterday", "on 3 May", and with the year where it is another. */
export function onDay(iso: string, now = new Date()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "before";
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return `on ${at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year })}`;
}

const midnight = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

/** "2 memories used · 1 new", or "" where there is nothing to tell. */
export function inShort(used: number, recalled: number, learned: number): string {
  const told: string[] = [];
  if (used) told.push(`${count(used, "memory", "memories")} used`);
  else if (recalled) told.push(`${count(recalled, "memory", "memories")} recalled`);
  if (learned) told.push(`${learned} new`);
  return told.join(" · ");
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
