/** What differs between two states, as rows that a person reads. Pure. */

import type { Difference, Differences } from "../api/timeline";
import { shorten } from "./steps";

export type Row = { kind: "added" | "removed" | "changed"; text: string; before?: string };
export type Group = { key: string; name: string; rows: Row[] };

const NAMES: Record<string, string> = {
  messages: "Messages",
  preferences: "Preferences of this conversation",
  tasks: "Tasks",
  notes: "Notes",
  recalled: "Recalled for the reply",
  used: "Used in the reply",
  learned: "Learned",
  procedures: "How things are done",
  warnings: "Warnings",
  summary: "Summary of the oldest messages",
  undone: "Turns that can be redone",
  remembered_to: "Remembered up to",
  news: "News of other agents",
};
const WHO: Record<string, string> = { human: "You", ai: "Assistant", tool: "Tool", system: "System" };
/** Ids for machines say nothing to a person. */
const FOR_MACHINES = new Set(["remembered_to", "used"]);
const ORDER = Object.keys(NAMES);

export function groups(found: Differences): Group[] {
  return Object.entries(found)
    .filter(([key]) => !FOR_MACHINES.has(key))
    .map(([key, change]) => ({ key, name: NAMES[key] ?? key.replace(/_/g, " "), rows: rowsOf(key, change) }))
    .filter((group) => group.rows.length > 0)
    .sort((one, other) => place(one.key) - place(other.key));
}

function place(key: string): number {
  const found = ORDER.indexOf(key);
  return found < 0 ? ORDER.length : found;
}

function rowsOf(key: string, change: Difference): Row[] {
  const told = (value: unknown) => inWords(key, value);
  return [
    ...change.removed.map((value): Row => ({ kind: "removed", text: told(value) })),
    ...Object.entries(change.changed)
      .map(([name, [before, after]]): Row => {
        const label = key === "preferences" ? `${name}: ` : "";
        return { kind: "changed", before: label + told(before), text: label + told(after) };
      })
      // What only the ranking changed looks the same to a person.
      .filter((row) => row.before !== row.text),
    ...change.added.map((value): Row => ({ kind: "added", text: told(value) })),
  ];
}

/** A value of the state in words: its text where it has one. */
export function inWords(key: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value !== "object") return String(value);
  const row = value as Record<string, unknown>;
  if (key === "messages") return message(row);
  if (key === "tasks" && "title" in row) return `${String(row.title)} (${row.done ? "done" : "open"})`;
  if (key === "undone") return "A turn";
  if (typeof row.text === "string") return row.text;
  if (Array.isArray(value)) return value.map((each) => inWords(key, each)).join(", ");
  const pairs = Object.entries(row);
  const isFlat = pairs.every(([, each]) => each === null || typeof each !== "object");
  return isFlat
    ? pairs.map(([name, each]) => `${name}: ${String(each)}`).join(", ")
    : shorten(JSON.stringify(row));
}

function message(row: Record<string, unknown>): string {
  const who = WHO[String(row.type)] ?? String(row.type);
  const calls = Array.isArray(row.calls) ? row.calls.join(", ") : "";
  return `${who}: ${row.text ? String(row.text) : calls ? `calls ${calls}` : "(nothing)"}`;
}

export const whoSaid = (type: string): string => WHO[type] ?? type;
