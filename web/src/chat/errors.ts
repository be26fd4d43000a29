/** What went wrong with a run, as one sentence for people. Pure. */

import { Failed, UNREACHABLE } from "../api/http";

/** Whether nobody answered at all, rather than somebody with a refusal. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof Failed) return error.status === 0;
  return error instanceof TypeError || (named(error) && /network|fetch|connect/i.test(error.message));
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404;
}

export function sentenceOf(error: unknown): string {
  if (isUnreachable(error)) return UNREACHABLE;
  if (error instanceof Failed) return error.message;
  const status = statusOf(error);
  if (status === 404) return "There is no such conversation here: it was deleted, or it is another person's.";
  if (status === 401 || status === 403)
    return "The server no longer takes the key. Reload the page to give it another.";
  if (status === 409 || status === 422) return detailOf(error) ?? "The server did not take this message.";
  if (status) return detailOf(error) ?? `The server answered ${status} and did not say why.`;
  return named(error) && error.message ? `The reply broke off: ${error.message}` : "The reply broke off.";
}

function named(error: unknown): error is Error {
  return error instanceof Error;
}

function statusOf(error: unknown): number {
  const status = error && typeof error === "object" && "status" in error ? error.status : 0;
  return typeof status === "number" ? status : 0;
}

function detailOf(error: unknown): string | null {
  const text = error && typeof error === "object" && "text" in error ? error.text : null;
  if (typeof text !== "string") return null;
  try {
    const told: unknown = JSON.parse(text);
    const detail = told && typeof told === "object" && "detail" in told ? told.detail : null;
    return typeof detail === "string" ? detail : null;
  } catch {
    return null;
  }
}
