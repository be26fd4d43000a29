/** What the chat graph's state holds, as agents/state.py has it. */

import type { Message } from "@langchain/langgraph-sdk";
import type { Kind, MemoryStatus, Recalled } from "../api/memories";

export type Learned = {
  id: string;
  kind: Kind;
  text: string;
  category: string;
  message_ids: string[];
  status?: MemoryStatus;
  quote?: string;
};

export type Procedure = { id: string; text: string; quote: string; said_at: string; since: string };

export type ChatValues = {
  messages: Message[];
  recalled?: Recalled[];
  used?: string[];
  learned?: Learned[];
  procedures?: Procedure[];
  warnings?: string[];
  undone?: { turn: string; checkpoint: string }[];
};

/** What a turn taught and is kept, beside the memory of the turn itself. */
export function keptOf(learned: Learned[] | undefined): Learned[] {
  const waits = ["proposed", "retracted"];
  return (learned ?? []).filter((item) => item.kind !== "episodic" && !waits.includes(item.status ?? ""));
}

/** What a turn recalled, used and taught. */
export type Receipt = Pick<ChatValues, "recalled" | "used" | "learned" | "procedures" | "warnings">;

/** The server's own marks on a message. */
export type Mark = {
  said_at?: string;
  recalled?: string[];
  used?: string[];
  notice?: string;
  error?: boolean;
  refused?: boolean;
  /** The reply was stopped here. */
  stopped?: boolean;
};

export function markOf(message: Message): Mark {
  const found = message.additional_kwargs?.mnemograph;
  return found && typeof found === "object" ? (found as Mark) : {};
}

/** The text of a message, whatever shape its content has. */
export function textOf(message: Message): string {
  const content: unknown = message.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (part?.type === "text" ? String(part.text) : "")).join("");
}

/** The text without what a program put at its end about itself. */
export function withoutNotice(message: Message): { text: string; notice: string } {
  const text = textOf(message);
  const { notice } = markOf(message);
  if (!notice || !text.endsWith(notice)) return { text, notice: "" };
  return { text: text.slice(0, -notice.length), notice: notice.trim() };
}
