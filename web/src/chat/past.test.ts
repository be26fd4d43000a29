import { describe, expect, it } from "vitest";
import type { Step } from "../api/timeline";
import { beforeIt, endOfTurn, learnedIn, originOf, type Place, placeOf } from "./past";

type Given = { says?: string[]; learns?: string[]; forked?: string };

function step(id: string, parent: string | null, { says = [], learns = [], forked }: Given): Step {
  const added = (rows: object[]) => ({ added: rows, removed: [], changed: {} });
  return {
    checkpoint_id: id,
    parent_id: parent,
    number: 0,
    at: "2026-05-03T10:00:00Z",
    source: forked ? "fork" : "loop",
    nodes: [],
    next: [],
    changes: {
      messages: added(says.map((each) => ({ id: each, type: "human", text: each }))),
      ...(learns.length ? { learned: added(learns.map((each) => ({ id: each, kind: "semantic" }))) } : {}),
    },
    forked: forked ? { thread_id: forked, checkpoint_id: `${forked}2` } : null,
  };
}

/** Two turns, and a third that a fork does not have. */
const first: Place = {
  thread: "a",
  head: "a2",
  steps: [
    step("a1", null, { says: ["h1"], learns: ["x", "y"] }),
    step("a2", "a1", { says: ["h2"], learns: ["z"] }),
    step("a3", "a2", { says: ["h3"], learns: ["w"] }),
  ],
};
const fork: Place = {
  thread: "b",
  head: "b3",
  steps: [
    step("b1", null, { says: ["h1", "h2"], learns: ["z"], forked: "a" }),
    step("b2", "b1", { says: ["h4"], learns: ["v", "u"] }),
    step("b3", "b2", {}),
  ],
};
const second: Place = {
  thread: "c",
  head: "c1",
  steps: [step("c1", null, { says: ["h1", "h2", "h4"], forked: "b" })],
};
const ofFork = { ...fork, head: "b2" };

describe("a fork", () => {
  it("begun behind a reply has what was learned behind that reply", () => {
    const steps = [
      step("a1", null, { says: ["h1"] }),
      step("a2", "a1", {}),
      step("a3", "a2", { learns: ["x"] }),
      step("a4", "a3", { says: ["h2"] }),
      step("b3", "a2", { learns: ["x", "y"] }),
    ];
    expect(endOfTurn(steps, "a1")).toBe("a3");
    expect(endOfTurn(steps, "a3")).toBe("a3");
    expect(endOfTurn([], "a1")).toBe("a1");
  });

  it("names what it goes on from, and nothing else does", () => {
    expect(originOf(fork)).toEqual({ thread: "a", head: "a2", steps: [] });
    expect(originOf(first)).toBeNull();
    expect(originOf({ ...first, steps: [] })).toBeNull();
  });

  it("has its earlier turns where they were said, through forks of forks", () => {
    const places = [second, ofFork, first];
    expect(["h1", "h2", "h4"].map((id) => placeOf(places, id)?.thread)).toEqual(["a", "a", "b"]);
    expect(placeOf([fork, first], "h4")?.thread).toBe("b");
    expect(placeOf([first], "h1")?.thread).toBe("a");
    expect(placeOf(places, "nothing")).toBeNull();
  });

  it("knows by name what can no longer be read", () => {
    expect(placeOf([fork], "h1")).toEqual({ thread: "a", head: "a2", steps: [] });
    expect(placeOf([], "h1")).toBeNull();
    expect(beforeIt([fork], "h1")).toBeNull();
    expect(beforeIt([fork, first], "h2")).toBe(first);
    expect(beforeIt([fork, first], "h4")).toBeNull();
  });

  it("keeps the marks of what its earlier turns taught", () => {
    expect([...learnedIn([fork, first])]).toEqual([
      ["h1", 2],
      ["h2", 1],
      ["h4", 2],
    ]);
    expect(learnedIn([second, ofFork, first]).get("h4")).toBe(2);
  });
});
