import { expect, test } from "vitest";
import type { Differences, Step } from "../api/timeline";
import { keyed } from "../parts/keyed";
import { allPoints, linesOf, moved, nameOf, stretches } from "./steps";

function step(number: number, given: Partial<Step>): Step {
  return {
    checkpoint_id: `c${number}`,
    parent_id: null,
    number,
    at: "2026-05-03T10:00:00Z",
    source: "loop",
    nodes: [],
    changes: {},
    next: [],
    ...given,
  };
}

const added = (...rows: unknown[]) => ({ added: rows, removed: [], changed: {} });
const said = (text: string): Differences => ({ messages: added({ id: "m", type: "human", text }) });

const TURN = [
  step(0, { source: "input" }),
  step(1, { nodes: ["__start__"], changes: said("I like tea.") }),
  step(2, { nodes: ["recall"], changes: { recalled: added({ id: "a" }, { id: "b" }) } }),
  step(3, { nodes: ["respond"], changes: { messages: added({ type: "ai", text: "Noted." }) } }),
  step(4, { nodes: ["remember"], changes: { learned: added({ text: "The user likes tea." }) } }),
];
const UNDONE = step(5, {
  source: "undo",
  changes: {
    messages: { added: [], removed: [{ type: "human", text: "I like tea." }, { type: "ai" }], changed: {} },
  },
});

test("a turn is a stretch under its message; what changed nothing is left out", () => {
  const found = stretches([...TURN].reverse());
  expect(found.map((each) => each.title)).toEqual(["I like tea."]);
  expect(allPoints(found).map((point) => point.name)).toEqual(["You said", "Recalled", "Replied", "Learned"]);
  expect(allPoints(found).map((point) => point.lines)).toEqual([
    ["“I like tea.”"],
    ["2 memories that the turn before did not have."],
    ["“Noted.”"],
    ["The user likes tea."],
  ]);
});

test("an undo stands by itself, under the message that it took back, and the server's note on it nowhere", () => {
  const note = step(6, { source: "update" });
  const next = step(7, { nodes: ["__start__"], changes: said("I like chess.") });
  const found = stretches([next, note, UNDONE, ...[...TURN].reverse()]);
  expect(found.map((each) => [each.title, each.done])).toEqual([
    ["I like tea.", false],
    ["I like tea.", true],
    ["I like chess.", false],
  ]);
  expect(linesOf(UNDONE)).toEqual(["2 messages taken back."]);
});

test("a reply that calls a tool says so, and a node that nobody knows goes by its name", () => {
  const call = step(1, {
    nodes: ["respond"],
    changes: { messages: added({ type: "ai", calls: ["add_task"] }) },
  });
  expect(nameOf(call)).toBe("Called a tool");
  expect(linesOf(call)).toEqual(["Calls add_task."]);
  expect(nameOf(step(1, { nodes: ["my_node"] }))).toBe("my node");
});

test("a thread without steps has no stretches", () => expect(stretches([])).toEqual([]));

test("the arrow keys stay within the steps", () => {
  expect(moved("ArrowLeft", 0, 3)).toBe(0);
  expect(moved("ArrowRight", 0, 3)).toBe(1);
  expect(moved("ArrowRight", 2, 3)).toBe(2);
  expect(moved("Home", 2, 3)).toBe(0);
  expect(moved("End", 0, 3)).toBe(2);
  expect(moved("a", 0, 3)).toBeNull();
});

test("two lines that say the same have two keys", () => {
  expect(keyed(["a", "b", "a"], (line) => line).map((each) => each.key)).toEqual(["a#0", "b#0", "a#1"]);
});
