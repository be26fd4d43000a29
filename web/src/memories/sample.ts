/** A memory for tests, with what a test wants otherwise. */

import type { Memory } from "../api/memories";

export function sample(changes: Partial<Memory> = {}, came: Partial<Memory["provenance"]> = {}): Memory {
  return {
    id: "0f1e2d3c-0000-4000-8000-000000000001",
    kind: "semantic",
    text: "Lives in Lisbon",
    detail: "",
    summary: "",
    status: "active",
    reason: "",
    category: "person",
    importance: 0.5,
    pinned: false,
    validity: { valid_from: "2026-05-03T10:00:00Z", valid_to: null, superseded_by: null },
    ...changes,
    provenance: {
      thread_id: "t-1",
      message_ids: ["m-1"],
      run_id: null,
      source: "user",
      speaker: null,
      agent: null,
      quote: "I live in Lisbon.",
      said_at: "2026-05-03T10:00:00Z",
      recorded_at: "2026-05-03T10:00:01Z",
      ...came,
    },
  };
}

/** A server of answers: by "METHOD /path" (without what is asked), what it tells; it keeps what it was asked. */
export function pretend(answers: Record<string, unknown>) {
  const asked: { route: string; url: URL; body: unknown; headers: Headers }[] = [];
  const answer = async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const url = new URL(String(input), "http://localhost");
    const route = `${init.method ?? "GET"} ${url.pathname}`;
    const body = typeof init.body === "string" ? JSON.parse(init.body) : init.body;
    asked.push({ route, url, body, headers: new Headers(init.headers) });
    const told = answers[route];
    if (told instanceof Response) return told.clone();
    if (told === undefined) return Response.json({ detail: `Nothing answers ${route}.` }, { status: 404 });
    return Response.json(told);
  };
  return { asked, fetch: answer as typeof fetch };
}
