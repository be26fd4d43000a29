/** One way to ask the server: JSON both ways, failures as one sentence for people. */

import { keyHeaders } from "./key";

/** The server could not be reached, or refused: `message` is a sentence to show. */
export class Failed extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export const UNREACHABLE = "The server does not answer. Is it running? This page tries again by itself.";

/** Where the server is: the page's own address. */
export const SERVER = typeof location === "undefined" ? "" : location.origin;

type Asked = { method?: "GET" | "POST" | "DELETE" | "PATCH"; body?: unknown; signal?: AbortSignal };

export async function ask<Answer>(path: string, asked: Asked = {}): Promise<Answer> {
  return (await (await reached(path, asked)).json()) as Answer;
}

/** The answer as it is, for what is no JSON; a refusal is Failed. */
export async function reached(path: string, asked: Asked = {}): Promise<Response> {
  const response = await reach(path, asked);
  if (!response.ok) throw new Failed(await sentenceOf(response), response.status);
  return response;
}

/** The answer whatever it is. */
export async function reach(path: string, { method = "GET", body, signal }: Asked = {}): Promise<Response> {
  try {
    return await fetch(SERVER + path, {
      method,
      signal,
      headers: { ...keyHeaders(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      // A file goes as it is.
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failed(UNREACHABLE, 0);
  }
}

async function sentenceOf(response: Response): Promise<string> {
  const told: unknown = await response.json().catch(() => null);
  const detail = told && typeof told === "object" && "detail" in told ? told.detail : null;
  return typeof detail === "string" ? detail : `The server answered ${response.status} and did not say why.`;
}

/** `{a: 1, b: undefined, c: ["x", "y"]}` as "?a=1&c=x&c=y". */
export function query(given: Record<string, string | number | boolean | string[] | undefined>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) pairs.append(name, String(each));
  }
  const text = pairs.toString();
  return text ? `?${text}` : "";
}
