/** A conversation as turns: what was said, and everything that answered it. Pure. */

import type { Message } from "@langchain/langgraph-sdk";
import { markOf, textOf } from "./state";

export type Call = {
  id: string;
  name: string;
  args: Record<string, unknown>;
  result: string | null;
  failed: boolean;
};
export type Part = { message: Message; calls: Call[] };
export type Turn = {
  /** The human message's id; "" for what stands before the first. */
  id: string;
  human: Message | null;
  parts: Part[];
};

/** Tool answers stand with the calls that they answer; a turn begins with its human message. */
export function turnsOf(messages: readonly Message[]): Turn[] {
  const results = new Map<string, { text: string; failed: boolean }>();
  for (const message of messages) {
    if (message.type !== "tool") continue;
    results.set(message.tool_call_id, { text: textOf(message), failed: message.status === "error" });
  }
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.type === "human") {
      turns.push({ id: message.id ?? `turn-${turns.length}`, human: message, parts: [] });
    } else if (message.type === "ai") {
      const part = { message, calls: callsOf(message, results) };
      const turn = turns.at(-1);
      if (turn) turn.parts.push(part);
      else turns.push({ id: "", human: null, parts: [part] });
    }
  }
  return turns;
}

function callsOf(message: Message, results: Map<string, { text: string; failed: boolean }>): Call[] {
  if (message.type !== "ai") return [];
  return (message.tool_calls ?? []).map((call, index) => {
    const id = call.id ?? `${message.id}-${index}`;
    const result = results.get(id);
    return {
      id,
      name: call.name,
      args: call.args as Record<string, unknown>,
      result: result?.text ?? null,
      failed: result?.failed ?? false,
    };
  });
}

/** Whether the turn has a reply that is one: no failure, and no mere call of a tool. */
export function isAnswered(turn: Turn): boolean {
  const last = turn.parts.at(-1);
  return last !== undefined && last.calls.length === 0 && !markOf(last.message).error;
}

/** All that the turn's reply says. */
export function replyText(turn: Turn): string {
  return turn.parts
    .map((part) => textOf(part.message))
    .filter(Boolean)
    .join("\n\n");
}

/** The memories that the turn found and used, as its messages themselves tell. */
export function marksOf(turn: Turn): { recalled: string[]; used: string[] } {
  const recalled = turn.human ? (markOf(turn.human).recalled ?? []) : [];
  return { recalled, used: turn.parts.flatMap((part) => markOf(part.message).used ?? []) };
}

/** The turn that a message belongs to: a human message's own, or a reply's. */
export function turnWith(turns: readonly Turn[], messageId: string): Turn | undefined {
  return turns.find(
    (turn) => turn.id === messageId || turn.parts.some((part) => part.message.id === messageId),
  );
}

/** `turnsOf` for messages that grow: a turn that says the same stays the same object, so that it is not drawn again. */
export function turnKeeper(): (messages: readonly Message[]) => Turn[] {
  let kept = new Map<string, Turn>();
  return (messages) => {
    const turns = turnsOf(messages).map((turn) => {
      const was = kept.get(turn.id);
      return was && isSame(was, turn) ? was : turn;
    });
    kept = new Map(turns.map((turn) => [turn.id, turn]));
    return turns;
  };
}

function isSame(one: Turn, other: Turn): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
