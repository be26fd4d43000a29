/** What a reply had said when it was stopped: the run takes it along, so that it is kept by whoever saw it. Pure. */

import type { Message } from "@langchain/langgraph-sdk";
import { textOf } from "./state";

/** `human`: the message that it answered. */
export type Cut = { human: string; message: Message };

/** Of messages as they stream, the reply at their end as far as it goes; a call of a tool is not one. */
export function saidSoFar(messages: readonly Message[]): Cut | null {
  const last = messages.at(-1);
  const human = messages.findLast((message) => message.type === "human")?.id;
  if (!human || last?.type !== "ai" || !last.id) return null;
  const text = textOf(last);
  if (!text.trim()) return null;
  const marks = { mnemograph: { stopped: true } };
  return { human, message: { type: "ai", id: last.id, content: text, additional_kwargs: marks } };
}

/** The conversation with it, where the thread does not have it. */
export function withCut(messages: Message[], cut: Cut | null): Message[] {
  if (!cut || messages.some((message) => message.id === cut.message.id)) return messages;
  const from = messages.findIndex((message) => message.id === cut.human);
  if (from < 0) return messages;
  const next = messages.findIndex((message, index) => index > from && message.type === "human");
  const at = next < 0 ? messages.length : next;
  return [...messages.slice(0, at), cut.message, ...messages.slice(at)];
}
