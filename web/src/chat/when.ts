/** Conversations by the day they were last touched. Pure. */

import type { ThreadRow } from "../api/threads";

const DAY = 86_400_000;

export function groupOf(iso: string, now = new Date()): string {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = new Date(iso).getTime();
  if (at >= today) return "Today";
  if (at >= today - DAY) return "Yesterday";
  if (at >= today - 7 * DAY) return "Last 7 days";
  if (at >= today - 30 * DAY) return "Last 30 days";
  return "Earlier";
}

/** Rows in their order, under the names of their days. */
export function byDay(rows: readonly ThreadRow[], now = new Date()): [string, ThreadRow[]][] {
  const groups = new Map<string, ThreadRow[]>();
  for (const row of rows) {
    const name = groupOf(row.updated, now);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups];
}
