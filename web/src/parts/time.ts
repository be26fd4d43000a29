/** Times in words, in the reader's own language and zone. Pure. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** "just now", "5 minutes ago", "today, 14:05", "yesterday, 09:30", "3 May", "3 May 2023". */
export function inWords(iso: string, now: Date = new Date(), locale?: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "at an unknown time";
  const past = now.getTime() - at.getTime();
  if (past >= 0 && past < MINUTE_MS) return "just now";
  if (past >= 0 && past < 60 * MINUTE_MS) {
    const minutes = Math.floor(past / MINUTE_MS);
    return minutes === 1 ? "a minute ago" : `${minutes} minutes ago`;
  }
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
  const clock = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  if (days === 0) return `today, ${clock}`;
  if (days === 1) return `yesterday, ${clock}`;
  return day(iso, now, locale);
}

/** "3 May" in this year, else "3 May 2023". */
export function day(iso: string, now: Date = new Date(), locale?: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "at an unknown time";
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return at.toLocaleDateString(locale, { day: "numeric", month: "long", year });
}

/** Date and time to the minute: what stands behind short words. */
export function exact(iso: string, locale?: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return at.toLocaleString(locale, { dateStyle: "full", timeStyle: "short" });
}

function startOfDay(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
