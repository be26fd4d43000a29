import { expect, test } from "vitest";
import { countFilters, fits, NOTHING_ASKED, readFilters, toggled, wanted, writeFilters } from "./filters";

test("the address keeps every filter, and gives it back", () => {
  const filters = {
    ...NOTHING_ASKED,
    view: "timeline" as const,
    q: "where & when?",
    kind: ["semantic" as const, "episodic" as const],
    source: ["agent" as const],
    agent: "",
    status: "any" as const,
    since: "2026-05-03",
    until: "2026-06-01",
    by: "holds" as const,
  };
  expect(readFilters(new URLSearchParams(writeFilters(filters)))).toEqual(filters);
});

test("as usual, the address is empty", () => {
  expect(writeFilters(NOTHING_ASKED)).toEqual({});
  expect(readFilters(new URLSearchParams())).toEqual(NOTHING_ASKED);
});

test("what an address names that does not exist is left out", () => {
  const told = readFilters(
    new URLSearchParams("view=x&kind=x,semantic&status=gone&since=2026-13-40&until=<b>&by=luck"),
  );
  expect(told).toEqual({ ...NOTHING_ASKED, kind: ["semantic"] });
});

test("the last day is in, and what a search found is filtered alike", () => {
  const filters = { ...NOTHING_ASKED, since: "2026-05-03", until: "2026-05-03", kind: ["semantic" as const] };
  const asked = wanted(filters);
  expect(Date.parse(asked.until ?? "") - Date.parse(asked.since ?? "")).toBe(86_400_000);
  const evening = new Date("2026-05-03T23:59:00").toISOString();
  const found = { kind: "semantic" as const, source: "user" as const, said_at: evening, agent: null };
  expect(fits(filters, found)).toBe(true);
  expect(fits(filters, { ...found, said_at: new Date("2026-05-04T00:00:00").toISOString() })).toBe(false);
  expect(fits(filters, { ...found, kind: "episodic" })).toBe(false);
  expect(fits({ ...filters, agent: "" }, { ...found, agent: "researcher" })).toBe(false);
  expect(fits({ ...filters, agent: "researcher" }, { ...found, agent: "researcher" })).toBe(true);
});

test("filters are counted without the search", () => {
  expect(countFilters({ ...NOTHING_ASKED, q: "x" })).toBe(0);
  expect(countFilters({ ...NOTHING_ASKED, kind: ["semantic"], since: "2026-05-03", status: "any" })).toBe(3);
  expect(toggled(toggled(["a"], "b"), "a")).toEqual(["b"]);
});
