import { expect, it } from "vitest";
import { type Kinds, wentAlong } from "./went";

it.each([
  [{ semantic: 1, episodic: 2 }, "1 fact and the words of the turn went with it."],
  [
    { semantic: 2, procedural: 1, episodic: 1 },
    "2 facts, 1 instruction and the words of the turn went with it.",
  ],
  [{ episodic: 1 }, "The words of the turn went with it."],
  [{ procedural: 3 }, "3 instructions went with it."],
  [{}, ""],
] as [Kinds, string][])("says what went: %j", (kinds, said) => {
  expect(wentAlong(kinds, "went")).toBe(said);
});

it("says what came back", () => {
  expect(wentAlong({ semantic: 1 }, "came back")).toBe("1 fact came back with it.");
});
