import { expect, test } from "vitest";
import { groups, inWords } from "./changes";
import { sections, shown, textOf } from "./session";

const nothing = { added: [], removed: [], changed: {} };

test("what differs is told in words: the removed first, then the changed, then the added", () => {
  const found = groups({
    tasks: {
      removed: [],
      added: [{ id: 2, title: "call Inês", done: false }],
      changed: {
        "1": [
          { id: 1, title: "buy flowers", done: false },
          { id: 1, title: "buy flowers", done: true },
        ],
      },
    },
    messages: { ...nothing, removed: [{ id: "m1", type: "ai", text: "Hello." }] },
    preferences: { ...nothing, changed: { tone: ["dry", "warm"] } },
  });
  expect(found.map((group) => group.name)).toEqual(["Messages", "Preferences of this conversation", "Tasks"]);
  expect(found.flatMap((group) => group.rows)).toEqual([
    { kind: "removed", text: "Assistant: Hello." },
    { kind: "changed", before: "tone: dry", text: "tone: warm" },
    { kind: "changed", before: "buy flowers (open)", text: "buy flowers (done)" },
    { kind: "added", text: "call Inês (open)" },
  ]);
});

test("what only machines tell apart is no difference", () => {
  const row = { id: "a", text: "The user likes tea." };
  const found = groups({
    remembered_to: { ...nothing, changed: { remembered_to: ["m1", "m2"] } },
    recalled: {
      ...nothing,
      changed: {
        a: [
          { ...row, rank: 1 },
          { ...row, rank: 2 },
        ],
      },
    },
  });
  expect(found).toEqual([]);
});

test("any value of a state has words", () => {
  expect(inWords("notes", "a note")).toBe("a note");
  expect(inWords("own", null)).toBe("nothing");
  expect(inWords("preferences", { tone: "dry", length: "short" })).toBe("tone: dry, length: short");
  expect(inWords("own", { deep: { a: 1 } })).toBe('{"deep":{"a":1}}');
  expect(inWords("own", ["a", "b"])).toBe("a, b");
  expect(inWords("messages", { type: "ai", calls: ["add_task"] })).toBe("Assistant: calls add_task");
});

test("a state's parts are those that hold something", () => {
  const values = {
    tasks: [],
    notes: ["a note"],
    preferences: { tone: "dry" },
    summary: { text: "Tea." },
    used: ["x"],
  };
  expect(sections(values)).toEqual([
    { name: "Preferences of this conversation", lines: ["tone: dry"] },
    { name: "Notes", lines: ["a note"] },
    { name: "Summary of the oldest messages", lines: ["Tea."] },
  ]);
});

test("a message's text is read from text and from blocks", () => {
  const blocks = [
    { type: "text", text: "one " },
    { type: "image" },
    "x",
    null,
    { type: "text", text: "two" },
  ];
  expect(textOf({ id: "1", type: "ai", content: blocks })).toBe("one two");
  expect(shown({ id: "1", type: "ai", content: "", tool_calls: [{ name: "add_task", args: {} }] })).toBe(
    "Calls add_task.",
  );
  expect(shown({ id: "1", type: "ai", content: 7 })).toBe("(nothing)");
});
