/** What was typed and not sent, by conversation: it outlives the page. */

const NAME = "mnemograph.draft.";
const MOST = 100_000;

export function readDraft(thread: string): string {
  return localStorage.getItem(NAME + thread) ?? "";
}

export function keepDraft(thread: string, text: string): void {
  if (!text.trim()) {
    localStorage.removeItem(NAME + thread);
    return;
  }
  try {
    localStorage.setItem(NAME + thread, text.slice(0, MOST));
  } catch {
    // The browser's room is full: the draft stays in the box alone.
  }
}
