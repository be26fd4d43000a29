import { expect, test } from "vitest";
import type { Recalled } from "../api/memories";
import { memoryOf, ranks, sharedWords, whyFound } from "./why";
import { saidBy, wordsOf } from "./words";

const found: Recalled = {
  id: "a",
  kind: "episodic",
  text: "[2026-05-03] Ana: We went camping, and I ate no peanuts.",
  said_at: "2026-05-03T10:00:00Z",
  source: "user",
  agent: null,
  status: "active",
  thread_id: "t",
  message_ids: ["m"],
  lane: "keyword",
  rank: 1,
  score: 3,
  why: "close in meaning, shares words, said by Ana",
  receipt: { lanes: { vector: { rank: 12, score: 0.6 }, keyword: { rank: 1, score: 9 } } },
};

test("the words that it shares are named, in any ending", () => {
  expect(whyFound(found, "Who camped and is allergic to a peanut?")).toBe(
    "close in meaning, shares “camping”, “peanuts”, said by Ana",
  );
});

test("words that say nothing are not named", () => {
  expect(sharedWords("and where did you go?", "and where you are")).toEqual([]);
  expect(whyFound(found, "and you?")).toBe("close in meaning, shares words, said by Ana");
});

test("without a reason it was among the nearest", () => {
  expect(whyFound({ ...found, why: "" }, "x")).toBe("it was among the nearest");
});

test("its places are told best first", () => {
  expect(ranks(found)).toBe("1st by words, 12th by meaning");
  expect(ranks({ ...found, receipt: {} })).toBe("");
});

test("a found fact does not claim whose words it rests on", () => {
  expect(saidBy(memoryOf({ ...found, kind: "semantic", text: "Ana lives in Porto." }))).toBe("Said");
  expect(saidBy(memoryOf({ ...found, kind: "semantic", source: "agent", text: "x" }))).toBe(
    "The assistant said",
  );
});

test("a found moment is shown as one that was listed", () => {
  expect(memoryOf(found).provenance.speaker).toBe("Ana");
  expect(wordsOf(memoryOf(found))).toBe("We went camping, and I ate no peanuts.");
  expect(memoryOf({ ...found, text: "[2026-05-03] User: Hello there." }).provenance.speaker).toBeNull();
  expect(wordsOf(memoryOf({ ...found, text: "[2026-05-03] User: Hello there." }))).toBe("Hello there.");
});
