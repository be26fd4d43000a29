/** The memories that the filters ask for, page by page; or what a search found. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Hidden, listMemories, type Memory, searchMemories } from "../api/memories";
import { countFilters, type Filters, fits, wanted } from "./filters";
import { sentence } from "./useAct";
import { memoryOf, ranks, whyFound } from "./why";

/** `key` stays when another memory takes the place of this one. */
export type Row = { key: string; memory: Memory; why?: string };
/** `start`: its place among all, which stays when rows go. */
export type Page = { start: number; rows: Row[] };
export type Pages = {
  pages: Page[];
  /** What leads to the next page; "": none has come yet; null: that was all. */
  next: string | null;
  /** How many have come. */
  count: number;
  /** How many are not listed for being past. */
  hidden: Hidden;
  busy: boolean;
  /** These are of other filters: the ones that are asked for are on their way. */
  stale: boolean;
  failed: string;
  more(): void;
  again(): void;
  changed(next: Memory | null, before: Memory): void;
};

const PAGE = 100;
const CHUNK = 20;
const MOST_FOUND = 50;
/** A search knows no filters: of more, more are left. */
const MOST_FILTERED = 300;

/** `of`: the filters that it was read for. */
type Held = { of: Filters | null; pages: Page[]; next: string | null; hidden: Hidden };
const NONE: Held = { of: null, pages: [], next: "", hidden: {} };

export function useMemories(filters: Filters, size = PAGE): Pages {
  const [held, setHeld] = useState(NONE);
  const [busy, setBusy] = useState(true);
  const [failed, setFailed] = useState("");
  const asking = useRef<AbortController | null>(null);

  const read = useCallback(
    async (after: string) => {
      asking.current?.abort();
      const mine = new AbortController();
      asking.current = mine;
      setBusy(true);
      setFailed("");
      try {
        const page = await readPage(filters, after, size, mine.signal);
        if (!mine.signal.aborted) {
          setHeld((now) => {
            const before = after ? now.pages : [];
            return {
              of: filters,
              pages: [...before, ...chunks(page.rows, endOf(before))],
              next: page.next,
              hidden: page.hidden ?? now.hidden,
            };
          });
        }
      } catch (error) {
        if (!mine.signal.aborted) setFailed(sentence(error));
      }
      if (!mine.signal.aborted) setBusy(false);
    },
    [filters, size],
  );
  useEffect(() => {
    void read("");
    return () => asking.current?.abort();
  }, [read]);

  const changed = useCallback((next: Memory | null, before: Memory) => {
    setHeld((now) => ({ ...now, pages: replaced(now.pages, next, before) }));
  }, []);
  // Until others have come, the list before is shown; it is no beginning of theirs.
  const others = held.of !== filters;
  const pages = others && failed ? NONE.pages : held.pages;
  const next = others ? "" : held.next;
  const more = useCallback(() => {
    if (!busy && next) void read(next);
  }, [busy, next, read]);
  const again = useCallback(() => void read((failed && next) || ""), [failed, next, read]);
  return {
    pages,
    next,
    count: useMemo(() => pages.reduce((sum, page) => sum + page.rows.length, 0), [pages]),
    hidden: others ? NONE.hidden : held.hidden,
    busy,
    stale: others,
    failed,
    more,
    again,
    changed,
  };
}

async function readPage(filters: Filters, after: string, limit: number, signal: AbortSignal) {
  const q = filters.q.trim();
  if (!q) {
    const asked = { ...wanted(filters), limit, after, hidden: !after || undefined };
    const { memories, next, hidden } = await listMemories(asked, signal);
    return { rows: memories.map((memory): Row => ({ key: memory.id, memory })), next, hidden };
  }
  const most = countFilters(filters) ? MOST_FILTERED : MOST_FOUND;
  const { memories } = await searchMemories(q, { limit: most, agent: wanted(filters).agent }, signal);
  const rows = memories
    .filter((found) => fits(filters, found))
    .map((found): Row => {
      const places = ranks(found);
      return { key: found.id, memory: memoryOf(found), why: whyFound(found, q) + (places && ` (${places})`) };
    });
  return { rows, next: null, hidden: {} };
}

/** Few enough that laying one out is no work, and few enough of them for the browser to skip. */
function chunks(rows: Row[], start: number): Page[] {
  const found: Page[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    found.push({ start: start + at, rows: rows.slice(at, at + CHUNK) });
  }
  return found;
}

/** Rows that went leave their places. */
function endOf(pages: Page[]): number {
  const last = pages.at(-1);
  return last ? last.start + CHUNK : 0;
}

/** Only the page that it stands on is made anew, so that the others need no drawing. */
export function replaced(pages: Page[], next: Memory | null, before: Memory): Page[] {
  return pages.map((page) => {
    if (!page.rows.some((row) => row.memory.id === before.id)) return page;
    const rows = page.rows.flatMap((row) => {
      if (row.memory.id !== before.id) return [row];
      return next ? [{ ...row, memory: next }] : [];
    });
    return { ...page, rows };
  });
}
