/** What a state holds beside its messages, in words; and what a message says. Pure. */

import type { Said, State } from "../api/timeline";
import { inWords } from "./changes";

export type Section = { name: string; lines: string[] };

const SHOWN: [string, string][] = [
  ["preferences", "Preferences of this conversation"],
  ["tasks", "Tasks"],
  ["notes", "Notes"],
  ["recalled", "Recalled for the last reply"],
  ["learned", "Learned from the last turn"],
  ["procedures", "How things are done"],
  ["summary", "Summary of the oldest messages"],
  ["warnings", "Warnings"],
];

/** The parts of the state that hold something. */
export function sections(values: State["values"]): Section[] {
  return SHOWN.map(([key, name]) => ({ name, lines: lines(key, values[key]) })).filter(
    (section) => section.lines.length > 0,
  );
}

function lines(key: string, value: unknown): string[] {
  if (value === null || value === undefined || value === "") return [];
  if (Array.isArray(value)) return value.map((each) => inWords(key, each));
  if (key !== "summary" && typeof value === "object") {
    return Object.entries(value).map(([name, each]) => `${name}: ${String(each)}`);
  }
  return [inWords(key, value)];
}

/** A message's text, whether it is one text or a list of blocks. */
export function textOf(message: Said): string {
  if (typeof message.content === "string") return message.content;
  if (!Array.isArray(message.content)) return "";
  return message.content
    .map((block: unknown) =>
      block !== null && typeof block === "object" && "text" in block && typeof block.text === "string"
        ? block.text
        : "",
    )
    .join("");
}

/** What stands where there is no text: the tools that it calls. */
export function shown(message: Said): string {
  const text = textOf(message);
  const calls = (message.tool_calls ?? []).map((call) => call.name);
  return text || (calls.length > 0 ? `Calls ${calls.join(", ")}.` : "(nothing)");
}
