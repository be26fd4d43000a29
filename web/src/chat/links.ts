/** Which addresses a reply may link to. Pure. */

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address where it is one to be opened, else null: it is then shown as text. */
export function safeLink(given: string | undefined): string | null {
  if (!given) return null;
  try {
    // Without a base: a relative address would open a place of this page.
    const url = new URL(given);
    return ALLOWED.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
