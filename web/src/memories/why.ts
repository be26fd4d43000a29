/** Why a search found a memory, in words, out of its receipt. Pure. */

import type { Memory, Recalled } from "../api/memories";

const MIN_WORD = 3;
const MAX_WORDS = 4;
/** Words that say nothing of what is asked. */
const EMPTY = new Set(
  (
    "the and for are was were did does has have had with from that this what when where who why how which you your " +
    "about into not but they them she her his him its our their can could would should will there then than any all"
  ).split(" "),
);

/** "shares “peanut”, close in meaning, said by Ana, used twice before" */
export function whyFound(found: Recalled, asked: string): string {
  const words = sharedWords(asked, found.text);
  const told = found.why
    .split(", ")
    .filter(Boolean)
    .map((reason) => (reason === "shares words" && words.length ? `shares ${quoted(words)}` : reason));
  return (told.length ? told : ["it was among the nearest"]).join(", ");
}

/** By what it ranked where, for whoever wants to know: "1st by words, 2nd by meaning". */
export function ranks({ receipt }: Recalled): string {
  return Object.entries(receipt.lanes ?? {})
    .sort(([, a], [, b]) => a.rank - b.rank)
    .map(([lane, { rank }]) => `${nth(rank)} by ${LANES[lane] ?? lane}`)
    .join(", ");
}

const LANES: Record<string, string> = { vector: "meaning", keyword: "words", temporal: "time" };

/** The question's words that stand in the text, in any ending, as the text has them. */
export function sharedWords(asked: string, text: string): string[] {
  const stems = new Set(wordsIn(asked).map(stem));
  const found = wordsIn(text).filter((word) => stems.has(stem(word)));
  const once = [...new Map(found.map((word) => [stem(word), word])).values()];
  return once.slice(0, MAX_WORDS);
}

/** A found memory as a card takes it; what only the whole memory knows is asked for when the card is opened. */
export function memoryOf(found: Recalled): Memory {
  const { id, kind, text, status, said_at, source, agent, thread_id, message_ids } = found;
  // A found fact does not say whose words it rests on, as it may be somebody else's.
  const named = kind === "episodic" ? speakerIn(text) : source === "user" ? "" : null;
  return {
    id,
    kind,
    text,
    status,
    detail: "",
    summary: "",
    reason: "",
    category: "other",
    importance: 0.5,
    pinned: false,
    provenance: {
      thread_id,
      message_ids,
      run_id: null,
      source,
      speaker: named,
      agent,
      quote: "",
      said_at,
      recorded_at: said_at,
    },
    validity: { valid_from: said_at, valid_to: null, superseded_by: null },
  };
}

function speakerIn(text: string): string | null {
  const speaker = /^\[\d{4}-\d{2}-\d{2}\] ([^:]{1,80}): /.exec(text)?.[1];
  return speaker && !PLAIN.has(speaker) ? speaker : null;
}

const PLAIN = new Set(["User", "Assistant", "Tool", "Document"]);

export function wordsIn(text: string): string[] {
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => word.length >= MIN_WORD && !EMPTY.has(word));
}

/** So that "camping" meets "camped": a rough cut, for words to be shown and never to be searched. */
export function stem(word: string): string {
  const cut = word.replace(/(?:ings?|ed|es|s|ly)$/u, "");
  return cut.length >= MIN_WORD ? cut : word;
}

function quoted(words: string[]): string {
  return words.map((word) => `“${word}”`).join(", ");
}

function nth(rank: number): string {
  const last = rank % 10;
  const teen = rank % 100 > 10 && rank % 100 < 14;
  return `${rank}${(!teen && ["th", "st", "nd", "rd"][last]) || "th"}`;
}
