import { describe, expect, it } from "vitest";
import type { Step } from "../api/timeline";
import { baseOf, endOf, isWhole, joined, learnedOn, pathTo, versionsOn } from "./branches";

type Given = { source?: string; says?: [id: string, type: string][] };

function step(id: string, parent: string | null, { source = "loop", says = [] }: Given = {}): Step {
  const added = says.map(([message, type]) => ({ id: message, type, text: message }));
  return {
    checkpoint_id: id,
    parent_id: parent,
    number: 0,
    at: "2026-05-03T10:00:00Z",
    source,
    nodes: [],
    next: [],
    changes: added.length ? { messages: { added, removed: [], changed: {} } } : {},
  };
}

/** A turn as the server writes it: input, the message, recall, the reply, remember. */
function turn(name: string, parent: string | null, ids: string): Step[] {
  const at = (index: number) => `${ids}${index}`;
  return [
    step(at(0), parent, { source: "input" }),
    step(at(1), at(0), { says: [[`h${name}`, "human"]] }),
    step(at(2), at(1)),
    step(at(3), at(2), { says: [[`a${name}`, "ai"]] }),
    step(at(4), at(3)),
  ];
}

const first = turn("1", null, "a");
const second = turn("2", "a4", "b");
const instead = turn("3", "a4", "c");

describe("versionsOn", () => {
  it("finds none where nothing was said otherwise", () => {
    expect(versionsOn([...first, ...second], "b4").size).toBe(0);
  });

  it("gives the versions of a message that was edited, on each of them", () => {
    const steps = [...first, ...second, ...instead];
    expect(versionsOn(steps, "c4").get("h3")).toEqual({ heads: ["b4", "c4"], shown: 1 });
    expect(versionsOn(steps, "b4").get("h2")).toEqual({ heads: ["b4", "c4"], shown: 0 });
  });

  it("gives the versions of a reply that was asked for anew", () => {
    const steps = [...first, step("d3", "a2", { says: [["a9", "ai"]] }), step("d4", "d3")];
    const versions = versionsOn(steps, "d4");
    expect(versions.get("a9")).toEqual({ heads: ["a4", "d4"], shown: 1 });
    expect(versions.has("h1")).toBe(false);
  });

  it("goes to the newest of what was said further on in a version", () => {
    const steps = [...first, ...second, ...instead, ...turn("4", "b4", "e")];
    expect(versionsOn(steps, "c4").get("h3")).toEqual({ heads: ["e4", "c4"], shown: 1 });
  });

  it("counts an edit of an edited first message as one more version of it", () => {
    // There is nothing before a first message, so that each edit begins at the input of the one before.
    const steps = [...first, ...turn("5", "a0", "f"), ...turn("6", "f0", "g")];
    expect(versionsOn(steps, "g4").get("h6")).toEqual({ heads: ["a4", "f4", "g4"], shown: 2 });
  });

  it("takes a run that broke off before anything was said for no version", () => {
    const steps = [...first, ...second, step("c0", "a4", { source: "input" })];
    expect(versionsOn(steps, "b4").size).toBe(0);
  });
});

describe("baseOf", () => {
  it("is the end of the turn before a human message", () => {
    expect(baseOf([...first, ...second], "b4", "h2")).toBe("a4");
  });

  it("is the first input where there is nothing before it", () => {
    expect(baseOf(first, "a4", "h1")).toBe("a0");
  });

  it("is what the reply was written on, for a reply", () => {
    expect(baseOf(first, "a4", "a1")).toBe("a2");
  });

  it("is what a redo was written on", () => {
    const undo = step("u", "b4", { source: "undo" });
    const redo = step("v", "u", { source: "redo", says: [["h2", "human"]] });
    expect(baseOf([...first, ...second, undo, redo], "v", "h2")).toBe("u");
  });

  it("is null where the message's beginning is no longer kept", () => {
    expect(baseOf(second, "b4", "h1")).toBeNull();
  });
});

describe("endOf", () => {
  it("is the last step of the turn, and not of the last turn", () => {
    const steps = [...first, ...second];
    expect(endOf(steps, "b4", "h1")).toBe("a4");
    expect(endOf(steps, "b4", "h2")).toBe("b4");
  });

  it("is the turn's own end also where a later one was undone", () => {
    const steps = [...first, ...second, step("u", "b4", { source: "undo" })];
    expect(endOf(steps, "u", "h1")).toBe("a4");
  });

  it("goes on over a message that was sent again under its id", () => {
    const again = [
      step("b0", "a1", { source: "input" }),
      step("b1", "b0"),
      step("b2", "b1", { says: [["a1", "ai"]] }),
    ];
    expect(endOf([...first.slice(0, 2), ...again], "b2", "h1")).toBe("b2");
  });

  it("is null where the turn is no longer kept", () => {
    expect(endOf(second, "b4", "h1")).toBeNull();
  });
});

it("follows parents that are missing no further", () => {
  expect(pathTo(second, "b4").map((each) => each.checkpoint_id)).toEqual(["b0", "b1", "b2", "b3", "b4"]);
});

describe("joined", () => {
  it("adds what is new to what is known, and takes nothing of a step whose parent was not read", () => {
    // As the server tells it: with the whole conversation as added, since it did not look at the parent.
    const cut = step("b0", "a4", {
      source: "input",
      says: [
        ["h1", "human"],
        ["a1", "ai"],
      ],
    });
    const steps = joined(first, [...second.slice(1), cut]);
    expect(steps).toHaveLength(10);
    expect(versionsOn(steps, "b4").size).toBe(0);
    expect(baseOf(steps, "b4", "h2")).toBe("a4");
    expect(endOf(steps, "b4", "h1")).toBe("a4");
  });

  it("keeps the first reading of a step", () => {
    const again = first.map((each) => ({ ...each, changes: {} }));
    expect(joined(first, again)).toEqual(first);
  });
});

it("knows whether the way is known from its beginning", () => {
  expect(isWhole([...first, ...second], "b4")).toBe(true);
  expect(isWhole(second, "b4")).toBe(false);
  expect(isWhole([], "b4")).toBe(false);
});

it("counts what each turn taught, without its own moment and what was not kept", () => {
  const learned = (...rows: object[]) => ({
    learned: { added: rows.map((row, index) => ({ id: `m${index}`, ...row })), removed: [], changed: {} },
  });
  const remembers = (steps: Step[], ...rows: object[]) =>
    steps.map((each, index) => (index === 4 ? { ...each, changes: learned(...rows) } : each));
  const steps = [
    ...remembers(
      first,
      { kind: "semantic" },
      { kind: "episodic" },
      { kind: "procedural", status: "retracted" },
    ),
    ...remembers(second, { kind: "episodic" }),
  ];
  expect([...learnedOn(steps, "b4")]).toEqual([
    ["h1", 1],
    ["h2", 0],
  ]);
});

it("counts an instruction that was proposed and then said yes to", () => {
  const proposed = { id: "p", kind: "procedural", status: "proposed" };
  const learned = (id: string, parent: string, change: object): Step => ({
    ...step(id, parent),
    changes: { learned: { added: [], removed: [], changed: {}, ...change } },
  });
  const steps = [
    step("c0", null, { says: [["h1", "human"]] }),
    learned("c1", "c0", { added: [proposed] }),
    learned("c2", "c1", { changed: { p: [proposed, { ...proposed, status: "active" }] } }),
  ];
  expect(learnedOn(steps, "c1").get("h1")).toBe(0);
  expect(learnedOn(steps, "c2").get("h1")).toBe(1);
});
