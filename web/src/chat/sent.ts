/** The message that was sent and is not answered yet, by conversation: what a lost server is asked again. */

const NAME = "mnemograph.sent.";

export type Sent = { id: string; text: string; checkpoint?: string };

export function readSent(thread: string): Sent | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME + thread) ?? "null");
    return isSent(kept) ? kept : null;
  } catch {
    return null;
  }
}

export function keepSent(thread: string, sent: Sent | null): void {
  if (sent) sessionStorage.setItem(NAME + thread, JSON.stringify(sent));
  else sessionStorage.removeItem(NAME + thread);
}

function isSent(kept: unknown): kept is Sent {
  return kept !== null && typeof kept === "object" && "id" in kept && "text" in kept;
}
