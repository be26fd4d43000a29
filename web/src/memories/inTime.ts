/** Memories in time: by day, under their months, the latest first. Pure. */

import type { Row } from "./useMemories";

export type By = "said" | "holds";
export type Day = { day: string; rows: Row[] };
export type Month = { month: string; count: number };

export function timeOf(row: Row, by: By): string {
  return by === "said" ? row.memory.provenance.said_at : row.memory.validity.valid_from;
}

/** The latest first; what has the same time stays in the order that it came in. */
export function sorted(rows: Row[], by: By): Row[] {
  const timed = rows.map((row) => ({ row, at: Date.parse(timeOf(row, by)) }));
  return timed.sort((a, b) => b.at - a.at).map(({ row }) => row);
}

/** Days of the reader's zone as "2026-05-03", of rows that are sorted already. */
export function days(rows: Row[], by: By): Day[] {
  const found: Day[] = [];
  for (const row of rows) {
    const day = dayOf(timeOf(row, by));
    const last = found.at(-1);
    if (last?.day === day) last.rows.push(row);
    else found.push({ day, rows: [row] });
  }
  return found;
}

/** How many there are in each month from the first to the last, those without any included, at most `most` of the latest. */
export function months(rows: Row[], by: By, most = 60): Month[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const month = dayOf(timeOf(row, by)).slice(0, 7);
    counts.set(month, (counts.get(month) ?? 0) + 1);
  }
  const named = [...counts.keys()].sort();
  const [first = "", last = ""] = [named[0], named.at(-1)];
  const found: Month[] = [];
  for (let month = last; month >= first && month && found.length < most; month = before(month)) {
    found.unshift({ month, count: counts.get(month) ?? 0 });
  }
  return found;
}

/** A bar's least width, and the room that the name of a month takes, in pixels. */
const BAR_PX = 14;
const NAME_PX = 50;

/** Which of so many months' names are told in this width, so that none lies upon another or is cut; 0: not measured. */
export function namedMonths(count: number, width: number): boolean[] {
  const each = Math.max(BAR_PX, width / count);
  const every = width ? Math.ceil(NAME_PX / each) : 1;
  return Array.from({ length: count }, (_, index) => {
    const room = every > 1 ? (index + 1) * each : NAME_PX;
    return (count - 1 - index) % every === 0 && room >= NAME_PX;
  });
}

/** The first and the last day of a month. */
export function bounds(month: string): { since: string; until: string } {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return { since: `${month}-01`, until: `${month}-${String(last).padStart(2, "0")}` };
}

export function monthName(month: string, style: "long" | "short" = "long", locale?: string): string {
  const at = new Date(`${month}-01T00:00:00`);
  return at.toLocaleDateString(locale, { month: style, year: style === "long" ? "numeric" : "2-digit" });
}

export function dayName(day: string, locale?: string): string {
  const at = new Date(`${day}T00:00:00`);
  return at.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

function dayOf(iso: string): string {
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function before(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 1
    ? `${String(year - 1).padStart(4, "0")}-12`
    : `${month.slice(0, 4)}-${String(number - 1).padStart(2, "0")}`;
}
