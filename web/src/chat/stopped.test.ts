import type { Message } from "@langchain/langgraph-sdk";
import { describe, expect, it } from "vitest";
import { markOf } from "./state";
import { saidSoFar, withCut } from "./stopped";

const human = (id: string): Message => ({ type: "human", id, content: "Hello" });
const reply = (id: string, content: string): Message => ({ type: "ai", id, content });

describe("a reply that is stopped", () => {
  it("is what it had said, marked, without the calls that it was about to make", () => {
    const call = { id: "c", name: "now", args: {} };
    const cut = saidSoFar([human("h"), { type: "ai", id: "a", content: "Once upon", tool_calls: [call] }]);
    expect(cut).toEqual({
      human: "h",
      message: {
        type: "ai",
        id: "a",
        content: "Once upon",
        additional_kwargs: { mnemograph: { stopped: true } },
      },
    });
    expect(cut && markOf(cut.message).stopped).toBe(true);
  });

  it.each([
    ["nothing was said yet", [human("h")]],
    ["only white space was", [human("h"), reply("a", " \n")]],
    ["the last thing is a tool's", [human("h"), { type: "tool", id: "t", tool_call_id: "c", content: "x" }]],
    ["nobody had asked", [reply("a", "Hi")]],
  ] as [string, Message[]][])("is nothing where %s", (_, messages) => {
    expect(saidSoFar(messages)).toBeNull();
  });

  it("stands at the end of its turn until the thread has it", () => {
    const cut = saidSoFar([human("h"), reply("a", "Once")]);
    const shown = withCut([human("h"), human("next"), reply("b", "Yes")], cut);
    expect(shown.map((message) => message.id)).toEqual(["h", "a", "next", "b"]);
    expect(withCut([human("h")], cut).map((message) => message.id)).toEqual(["h", "a"]);
    const kept = [human("h"), reply("a", "Once upon")];
    expect(withCut(kept, cut)).toBe(kept);
    const other = [human("x")];
    expect(withCut(other, cut)).toBe(other);
    expect(withCut(other, null)).toBe(other);
  });
});
