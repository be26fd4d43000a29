/** Everything that the filters ask for, page by page by itself: the view shows what has come so far. */

import { useEffect } from "react";
import type { Filters } from "./filters";
import { useMemories } from "./useMemories";

export const MOST = 10_000;
const PAGE = 500;

export function useAll(filters: Filters) {
  const { next, count, busy, more, ...rest } = useMemories(filters, PAGE);
  const cut = next !== null && count >= MOST;
  useEffect(() => {
    if (next && !cut && !busy && !rest.failed) more();
  }, [next, cut, busy, rest.failed, more]);
  return { ...rest, cut, done: (next === null || cut) && !busy };
}
