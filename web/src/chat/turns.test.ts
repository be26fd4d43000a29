import type { Message } from "@langchain/langgraph-sdk";
import { describe, expect, it } from "vitest";
import { isAnswered, marksOf, replyText, turnKeeper, turnsOf, turnWith } from "./turns";

const human = (id: string, content = id): Message => ({ type: "human", id, content });
const ai = (id: string, content: string, more: object = {}): Message => ({
  type: "ai",
  id,
  content,
  ...more,
});
const call = { tool_calls: [{ id: "c1", name: "now", args: {} }] };
const result: Message = { type: "tool", id: "t1", tool_call_id: "c1", content: "12:00", status: "success" };

describe("turnsOf", () => {
  it("puts a tool's answer beside the call that it answers", () => {
    const [turn] = turnsOf([human("h"), ai("a", "", call), result, ai("b", "It is noon.")]);
    expect(turn?.parts).toHaveLength(2);
    expect(turn?.parts[0]?.calls).toEqual([
      { id: "c1", name: "now", args: {}, result: "12:00", failed: false },
    ]);
    expect(turn && replyText(turn)).toBe("It is noon.");
  });

  it("begins a turn with every human message, and keeps what stands before the first", () => {
    expect(turnsOf([ai("a", "Hello"), human("h"), human("i")]).map((turn) => turn.id)).toEqual([
      "",
      "h",
      "i",
    ]);
  });
});

describe("isAnswered", () => {
  const answered = (...rest: Message[]) => turnsOf([human("h"), ...rest]).every(isAnswered);
  it("takes neither silence, a call of a tool nor a failure for an answer", () => {
    expect(answered()).toBe(false);
    expect(answered(ai("a", "", call))).toBe(false);
    expect(answered(ai("a", "No.", { additional_kwargs: { mnemograph: { error: true } } }))).toBe(false);
    expect(answered(ai("a", "Yes."))).toBe(true);
  });
});

it("reads what a turn found and used from its messages' marks", () => {
  const said = { ...human("h"), additional_kwargs: { mnemograph: { recalled: ["m1", "m2"] } } };
  const reply = ai("a", "So.", { additional_kwargs: { mnemograph: { used: ["m2"] } } });
  const [turn] = turnsOf([said, reply]);
  expect(turn && marksOf(turn)).toEqual({ recalled: ["m1", "m2"], used: ["m2"] });
});

it("finds the turn of a message, said or replied", () => {
  const turns = turnsOf([human("h"), ai("a", "A"), human("i"), ai("b", "B")]);
  expect(turnWith(turns, "i")?.id).toBe("i");
  expect(turnWith(turns, "a")?.id).toBe("h");
  expect(turnWith(turns, "x")).toBeUndefined();
});

it("keeps a turn the same object until it says something else", () => {
  const keep = turnKeeper();
  const [first, second] = keep([human("h"), ai("a", "A"), human("i"), ai("b", "B")]);
  const later = keep([human("h"), ai("a", "A"), human("i"), ai("b", "B and more")]);
  expect(later[0]).toBe(first);
  expect(later[1]).not.toBe(second);
});
