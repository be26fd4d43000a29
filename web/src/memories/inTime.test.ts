import { expect, test } from "vitest";
import { bounds, days, months, namedMonths, sorted } from "./inTime";
import { sample } from "./sample";

const row = (id: string, said: string, holds = said) => ({
  key: id,
  memory: sample(
    { id, validity: { valid_from: new Date(holds).toISOString(), valid_to: null, superseded_by: null } },
    { said_at: new Date(said).toISOString() },
  ),
});

const rows = [
  row("a", "2025-11-02T10:00:00"),
  row("b", "2026-02-01T00:10:00"),
  row("c", "2026-02-01T23:50:00", "2024-01-01T12:00:00"),
];

test("the latest day comes first, and a day holds what was said in it", () => {
  const found = days(sorted(rows, "said"), "said");
  expect(found.map((each) => [each.day, each.rows.map(({ memory }) => memory.id)])).toEqual([
    ["2026-02-01", ["c", "b"]],
    ["2025-11-02", ["a"]],
  ]);
});

test("by when it holds, the order is another", () => {
  expect(sorted(rows, "holds").map(({ memory }) => memory.id)).toEqual(["b", "a", "c"]);
});

test("months without any are there, too, and there are at most so many", () => {
  expect(months(rows, "said")).toEqual([
    { month: "2025-11", count: 1 },
    { month: "2025-12", count: 0 },
    { month: "2026-01", count: 0 },
    { month: "2026-02", count: 2 },
  ]);
  expect(months(rows, "said", 2).map((each) => each.month)).toEqual(["2026-01", "2026-02"]);
  expect(months([], "said")).toEqual([]);
});

test("a month ends on its last day", () => {
  expect(bounds("2024-02")).toEqual({ since: "2024-02-01", until: "2024-02-29" });
  expect(bounds("2026-12").until).toBe("2026-12-31");
});

test("names of months lie upon none, are not cut, and the latest has one", () => {
  expect(namedMonths(3, 600)).toEqual([true, true, true]);
  expect(namedMonths(3, 0)).toEqual([true, true, true]);
  for (const [count, width] of [
    [9, 337],
    [60, 337],
    [24, 1000],
    [1, 30],
  ] as const) {
    const named = namedMonths(count, width).flatMap((is, index) => (is ? [index] : []));
    const each = Math.max(14, width / count);
    expect(named.at(-1)).toBe(each * count >= 50 ? count - 1 : undefined);
    for (const [at, index] of named.entries()) {
      expect((index + 1) * each).toBeGreaterThanOrEqual(50);
      if (at) expect((index - (named[at - 1] ?? 0)) * each).toBeGreaterThanOrEqual(50);
    }
  }
});
