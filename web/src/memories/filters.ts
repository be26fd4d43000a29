/** What is asked of the memories, as the address keeps it. Pure. */

import {
  KINDS,
  type Kind,
  type MemoryStatus,
  type Recalled,
  SOURCES,
  type Source,
  STATUSES,
  type Wanted,
} from "../api/memories";

export const VIEWS = ["list", "timeline", "instructions", "decisions", "sharing", "data"] as const;
export type View = (typeof VIEWS)[number];

export type Filters = {
  view: View;
  q: string;
  kind: Kind[];
  source: Source[];
  /** In whose room it is: null for all, "" for one's own. */
  agent: string | null;
  /** "any" of all statuses. */
  status: MemoryStatus | "any";
  /** Days as "2026-05-03", both included. */
  since: string;
  until: string;
  /** In the timeline: by when it was said, or since when it holds. */
  by: "said" | "holds";
};

export const NOTHING_ASKED: Filters = {
  view: "list",
  q: "",
  kind: [],
  source: [],
  agent: null,
  status: "active",
  since: "",
  until: "",
  by: "said",
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readFilters(asked: URLSearchParams): Filters {
  const several = <Name extends string>(name: string, known: readonly Name[]) => {
    const given = (asked.get(name) ?? "").split(",");
    return known.filter((each) => given.includes(each));
  };
  const one = <Name extends string>(name: string, known: readonly Name[], usual: Name) =>
    known.find((each) => each === asked.get(name)) ?? usual;
  const day = (name: string) => (isDay(asked.get(name) ?? "") ? (asked.get(name) ?? "") : "");
  return {
    view: one("view", VIEWS, "list"),
    q: asked.get("q") ?? "",
    kind: several("kind", KINDS),
    source: several("source", SOURCES),
    agent: asked.get("agent"),
    status: one<MemoryStatus | "any">("status", [...STATUSES, "any"], "active"),
    since: day("since"),
    until: day("until"),
    by: one("by", ["said", "holds"] as const, "said"),
  };
}

/** Only what is not as usual stands in the address. */
export function writeFilters(filters: Filters): Record<string, string> {
  const told: Record<string, string> = {};
  if (filters.view !== "list") told.view = filters.view;
  if (filters.q.trim()) told.q = filters.q;
  if (filters.kind.length) told.kind = filters.kind.join(",");
  if (filters.source.length) told.source = filters.source.join(",");
  if (filters.agent !== null) told.agent = filters.agent;
  if (filters.status !== "active") told.status = filters.status;
  if (filters.since) told.since = filters.since;
  if (filters.until) told.until = filters.until;
  if (filters.by !== "said") told.by = filters.by;
  return told;
}

/** The same for the server: days of the reader's own zone as times, the last one included. */
export function wanted(filters: Filters): Wanted {
  return {
    kind: filters.kind,
    source: filters.source,
    agent: filters.agent ?? undefined,
    status: filters.status === "any" ? [] : [filters.status],
    since: startOf(filters.since),
    until: startOf(filters.until, 1),
  };
}

/** For what a search found, which knows no filters beside whose room it is to look into. */
export function fits(
  filters: Filters,
  found: Pick<Recalled, "kind" | "source" | "said_at" | "agent">,
): boolean {
  const { since = "", until = "" } = wanted(filters);
  const at = Date.parse(found.said_at);
  return (
    (!filters.kind.length || filters.kind.includes(found.kind)) &&
    (!filters.source.length || filters.source.includes(found.source)) &&
    // Among one's own it looks into the rooms as well.
    (filters.agent !== "" || !found.agent) &&
    (!since || at >= Date.parse(since)) &&
    (!until || at < Date.parse(until))
  );
}

/** How many filters are set, beside the search and the view. */
export function countFilters({ kind, source, agent, status, since, until }: Filters): number {
  const set = [kind.length, source.length, agent !== null, status !== "active", since, until];
  return set.filter(Boolean).length;
}

/** With `value` if it was not in, else without it. */
export function toggled<Name>(values: Name[], value: Name): Name[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00`));
}

function startOf(day: string, later = 0): string | undefined {
  if (!day) return undefined;
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + later);
  return at.toISOString();
}
