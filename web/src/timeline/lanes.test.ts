import { expect, test } from "vitest";
import type { Differences, Step } from "../api/timeline";
import { lanesOf } from "./lanes";
import { allPoints, stretches } from "./steps";

const added = (...rows: unknown[]) => ({ added: rows, removed: [], changed: {} });
const said = (text: string): Differences => ({ messages: added({ id: text, type: "human", text }) });

function step(id: string, parent: string | null, given: Partial<Step> = {}): Step {
  const plain = { number: 0, at: "2026-05-03T10:00:00Z", source: "loop", nodes: [], changes: {}, next: [] };
  return { checkpoint_id: id, parent_id: parent, ...plain, ...given };
}

/** A message with its reply: `a0` the moment before it, `a1` the message, `a2` the reply. */
function turn(name: string, parent: string | null): Step[] {
  return [
    step(`${name}0`, parent, { source: "input" }),
    step(`${name}1`, `${name}0`, { nodes: ["__start__"], changes: said(name) }),
    step(`${name}2`, `${name}1`, { nodes: ["respond"] }),
  ];
}

const shown = (...oldestFirst: Step[]) => stretches(oldestFirst.reverse());
const lanes = (found: ReturnType<typeof stretches>) =>
  lanesOf(found).map(({ lane, from }) => [lane, from && `${from.lane}:${from.column}`]);

test("a conversation that nobody went back in is one line, all of which holds", () => {
  const found = shown(...turn("a", null), ...turn("b", "a2"), ...turn("c", "b2"));
  expect(lanes(found)).toEqual([
    [0, null],
    [0, null],
    [0, null],
  ]);
  expect(allPoints(found).some((point) => point.aside)).toBe(false);
});

test("another version of a message is a line of its own, and says whence it goes on", () => {
  const found = shown(...turn("a", null), ...turn("b", "a2"), ...turn("c", "a2"), ...turn("d", "c2"));
  expect(found.map((each) => each.title)).toEqual(["a", "b", "c", "d"]);
  expect(lanes(found)).toEqual([
    [0, null],
    [0, null],
    [1, "0:0"],
    [1, null],
  ]);
  expect(found[2]?.points[0]?.lines[0]).toBe("Goes on from “Replied” of “a”.");
  expect(found.map((each) => each.points.every((point) => point.aside))).toEqual([false, true, false, false]);
});

test("who goes back to the first line goes on in it, and the next version gets a line that is free", () => {
  const found = shown(
    ...turn("a", null),
    ...turn("b", "a2"),
    ...turn("c", "a2"),
    ...turn("d", "b2"),
    ...turn("e", "a2"),
  );
  expect(lanes(found)).toEqual([
    [0, null],
    [0, null],
    [1, "0:0"],
    [0, "0:1"],
    [2, "0:0"],
  ]);
  expect(
    lanes(
      shown(
        ...turn("a", null),
        ...turn("b", "a2"),
        ...turn("c", "a2"),
        ...turn("d", "c2"),
        ...turn("e", "c2"),
      ),
    )[4],
  ).toEqual([2, "1:2"]);
});

test("another reply branches within its turn, and is under the same message", () => {
  const again = [step("f", "a1", { source: "fork" }), step("g", "f", { nodes: ["respond"] })];
  const found = shown(...turn("a", null), ...again);
  expect(found.map((each) => [each.title, each.points.map((point) => point.name)])).toEqual([
    ["a", ["You said", "Replied"]],
    ["a", ["Replied"]],
  ]);
  expect(allPoints(found).map((point) => point.aside)).toEqual([false, true, false]);
});

test("what goes on from before what was read says so, and stands below", () => {
  const found = shown(...turn("b", "a2"), ...turn("c", "a1"));
  expect(lanes(found)).toEqual([
    [0, null],
    [1, null],
  ]);
  expect(found[1]?.points[0]?.lines[0]).toBe("Goes on from an earlier step.");
});
