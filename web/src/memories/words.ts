/** What memories are called on the page, and how one stands: plain words for people. Pure. */

import {
  type Hidden,
  type Kind,
  type Memory,
  type MemoryStatus,
  type Source,
  STATUSES,
} from "../api/memories";
import { day } from "../parts/time";

export const KIND_WORDS: Record<Kind, string> = {
  semantic: "Fact",
  episodic: "Moment",
  procedural: "Instruction",
};
export const KIND_TITLES: Record<Kind, string> = {
  semantic: "Something that is so, or was",
  episodic: "Something that was said",
  procedural: "How things are to be done, in every conversation",
};
export const SOURCE_WORDS: Record<Source, string> = {
  user: "You",
  agent: "The assistant",
  tool: "A tool",
  document: "A document",
};
export const STATUS_WORDS: Record<MemoryStatus, string> = {
  active: "Recalled",
  superseded: "Replaced",
  retracted: "Taken back",
  quarantined: "Held back",
  proposed: "Waits for your yes",
  merged: "Merged",
};

/** "2 taken back, 1 replaced"; "" for none. */
export function hiddenWords(hidden: Hidden): string {
  const told = STATUSES.flatMap((status) => {
    const count = hidden[status];
    return count ? [`${count.toLocaleString()} ${STATUS_WORDS[status].toLowerCase()}`] : [];
  });
  return told.join(", ");
}

const BY_HAND = "by-hand";
const SPEAKS: Record<Source, string> = {
  user: "User",
  agent: "Assistant",
  tool: "Tool",
  document: "Document",
};

/** A moment's words without the date and name before them, which the card shows by itself. */
export function wordsOf(memory: Memory): string {
  const { provenance, text, detail, kind } = memory;
  if (kind !== "episodic") return text;
  if (detail) return detail;
  const name = provenance.speaker ?? SPEAKS[provenance.source];
  const before = `[${provenance.said_at.slice(0, 10)}] ${name}: `;
  return text.startsWith(before) ? text.slice(before.length) : text;
}

/** A short text of the map without its day, which stands beside it: "Caroline: I went to the group". */
export const undated = (text: string) => text.replace(/^\[\d{4}-\d{2}-\d{2}\] (?:User: )?/, "");

/** "Caroline said", "You said", "The assistant said", "From a document", "Written by you"; "" as a speaker: not known. */
export function saidBy(memory: Memory): string {
  const { source, speaker, thread_id } = memory.provenance;
  if (thread_id === BY_HAND) return "Written by you";
  if (speaker) return `${speaker} said`;
  if (speaker === "") return "Said";
  if (source === "user" || source === "agent") return `${SOURCE_WORDS[source]} said`;
  return source === "tool" ? "From a tool" : "From a document";
}

export const waits = (memory: Memory) => memory.status === "quarantined" || memory.status === "proposed";

/** Whether there is a conversation to look at. */
export const hasEvidence = ({ provenance }: Memory) => wasSaid(provenance);

/** Of a memory, or of what a search found. */
export const wasSaid = (where: { thread_id: string; message_ids: string[] }) =>
  where.thread_id !== BY_HAND && where.message_ids.length > 0;

/** How it stands, where that is not simply "recalled"; "" where it is. */
export function standing(memory: Memory, now: Date = new Date(), locale?: string): string {
  const until = memory.validity.valid_to;
  if (memory.undone) return "Undone with its turn";
  switch (memory.status) {
    case "active":
      return until ? `Until ${day(until, now, locale)}` : "";
    case "superseded":
      return until ? `True until ${day(until, now, locale)}` : "No longer true";
    default:
      return STATUS_WORDS[memory.status];
  }
}
