import { describe, expect, it } from "vitest";
import type { Recalled } from "../api/memories";
import { inShort, inWords, onDay, wordsOf } from "./receipt";

const NOW = new Date(2026, 4, 20, 12);
const peanuts: Recalled = {
  id: "m1",
  kind: "semantic",
  text: "The user is allergic to peanuts.",
  said_at: new Date(2026, 4, 3, 9).toISOString(),
  source: "user",
  agent: null,
  status: "active",
  thread_id: "t",
  message_ids: ["h"],
  score: 2,
  rank: 1,
  lane: "vector",
  why: "close in meaning, shares words",
  receipt: {},
};

describe("inWords", () => {
  it("names the word that matched, and when it was said", () => {
    expect(inWords(peanuts, "May I have a peanut?", NOW)).toBe(
      "matched “peanuts”, close in meaning, you said this on 3 May",
    );
  });

  it("says that words are shared where it cannot name one", () => {
    expect(inWords(peanuts, "nuts", NOW)).toBe(
      "shares words with your message, close in meaning, you said this on 3 May",
    );
  });

  it("tells who else said or learned it", () => {
    expect(inWords({ ...peanuts, why: "", source: "agent" }, "x", NOW)).toBe("I said this on 3 May");
    expect(inWords({ ...peanuts, why: "", agent: "planner" }, "x", NOW)).toBe(
      "planner learned this on 3 May",
    );
  });
});

it("takes the date and the name off a moment, and nothing off a fact", () => {
  expect(wordsOf({ kind: "episodic", text: "[2026-05-03] User: My cat: Mimi." })).toBe("My cat: Mimi.");
  expect(wordsOf({ kind: "semantic", text: "[2026-05-03] User: x" })).toBe("[2026-05-03] User: x");
});

it("names a day as one would", () => {
  expect(onDay(new Date(2026, 4, 20, 1).toISOString(), NOW)).toBe("today");
  expect(onDay(new Date(2026, 4, 19, 23).toISOString(), NOW)).toBe("yesterday");
  expect(onDay(new Date(2025, 11, 31).toISOString(), NOW)).toBe("on 31 December 2025");
  expect(onDay("never", NOW)).toBe("before");
});

it("counts in short", () => {
  expect(inShort(1, 4, 2)).toBe("1 memory used · 2 new");
  expect(inShort(0, 3, 0)).toBe("3 memories recalled");
  expect(inShort(0, 0, 0)).toBe("");
});
