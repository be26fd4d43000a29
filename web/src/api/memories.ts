/** Memories over HTTP: shapes as memory/schema.py has them, one function a route. */

import { ask, Failed, query, reach, reached } from "./http";

export type Kind = "semantic" | "episodic" | "procedural";
export type Source = "user" | "agent" | "tool" | "document";
export type MemoryStatus = "active" | "superseded" | "retracted" | "quarantined" | "proposed" | "merged";

export type Provenance = {
  thread_id: string;
  message_ids: string[];
  run_id: string | null;
  source: Source;
  speaker: string | null;
  agent: string | null;
  quote: string;
  said_at: string;
  recorded_at: string;
};

/** What somebody who looked at it did with it. */
export type Look = { at: string; did: "retracted" | "restored" | "approved" | "rejected"; reason: string };

export type Memory = {
  id: string;
  /** In whose room it is; "" is the user's own. */
  agent?: string;
  kind: Kind;
  text: string;
  detail: string;
  summary: string;
  status: MemoryStatus;
  reason: string;
  category: string;
  importance: number;
  pinned: boolean;
  /** The earliest first. */
  looks?: Look[];
  /** What this one took the place of. */
  supersedes?: string | null;
  /** Set: its turn was taken back. */
  undone?: object | null;
  /** Of a proposed procedure: whose place it is to take. */
  instead_of?: string;
  provenance: Provenance;
  validity: { valid_from: string; valid_to: string | null; superseded_by: string | null };
};

type Lane = { rank: number; score: number };

/** How a memory was found: its rank and raw score by lane, what lifted it, and what fading made of it. */
export type Receipt = {
  lanes?: Record<string, Lane>;
  boosts?: Record<string, number>;
  fading?: { weight: number; was: number; uses?: number };
  rerank?: { was?: number };
};

/** A memory that a search found. */
export type Recalled = {
  id: string;
  kind: Kind;
  text: string;
  said_at: string;
  source: Source;
  agent: string | null;
  status: MemoryStatus;
  thread_id: string;
  message_ids: string[];
  lane: string;
  rank: number;
  score: number;
  why: string;
  receipt: Receipt;
};

export const KINDS: Kind[] = ["semantic", "episodic", "procedural"];
export const SOURCES: Source[] = ["user", "agent", "tool", "document"];
export const STATUSES: MemoryStatus[] = [
  "active",
  "superseded",
  "retracted",
  "quarantined",
  "proposed",
  "merged",
];

const ROOT = "/mnemograph/memories";
const at = (id: string, what = "") => `${ROOT}/${encodeURIComponent(id)}${what}`;
const change =
  (what: string) =>
  (id: string, body: object = {}) =>
    ask<{ memory: Memory }>(at(id, what), { method: "POST", body });

export type Wanted = {
  kind?: Kind[];
  status?: MemoryStatus[];
  source?: Source[];
  since?: string;
  until?: string;
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
  /** Also how many are not listed for being past. */
  hidden?: boolean;
  /** Of this agent's room alone, "" what is the user's own alone. */
  agent?: string;
};

// An empty name is one, too.
const named = (agent: string | undefined) => (agent === undefined ? undefined : [agent]);

export type Hidden = Partial<Record<MemoryStatus, number>>;

/** `agents`: those that have rooms of their own. */
export const listMemories = ({ agent, ...wanted }: Wanted, signal?: AbortSignal) =>
  ask<{ memories: Memory[]; next: string | null; agents?: string[]; hidden?: Hidden }>(
    ROOT + query({ ...wanted, agent: named(agent) }),
    { signal },
  );
const MOST_IDS = 100;

/** Those of these ids that there are, in no order: what was forgotten is not among them. */
export async function memoriesById(ids: string[], signal?: AbortSignal): Promise<Memory[]> {
  const found: Memory[] = [];
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    const asked = query({ id: ids.slice(at, at + MOST_IDS) });
    found.push(...(await ask<{ memories: Memory[] }>(ROOT + asked, { signal })).memories);
  }
  return found;
}

/** What the agent would recall, best first. */
export const searchMemories = (
  q: string,
  { limit, agent }: { limit: number; agent?: string },
  signal?: AbortSignal,
) => ask<{ memories: Recalled[] }>(ROOT + query({ q, limit, agent: named(agent) }), { signal });
/** `conversation`: whether the one that it comes from can be opened here. */
export type Told = { memory: Memory; history: Memory[]; conversation: boolean };
export const showMemory = (id: string) => ask<Told>(at(id));
export const editMemory = (id: string, text: string, wrong = false) => change("/edit")(id, { text, wrong });
export const retractMemory = (id: string, reason: string) => change("/retract")(id, { reason });
export const restoreMemory = (id: string) => change("/restore")(id);
export const pinMemory = (id: string, pinned: boolean) => change("/pin")(id, { pinned });
export const approveMemory = (id: string) => change("/approve")(id);
export const rejectMemory = (id: string, reason = "") => change("/reject")(id, { reason });
export const forgetMemory = (id: string) =>
  ask<{ id: string }>(at(id, "/forget"), { method: "POST", body: {} });

export type Counts = { user_id: string; counts: Record<string, number>; confirm: string };
export const countEverything = () => ask<Counts>(`${ROOT}/counts`);

export type Erased = { erased?: Record<string, number>; left: Record<string, number> };

/** What went and what is left; where something is left the server fails, and still says what. */
export async function eraseEverything(confirm: string): Promise<Erased> {
  const response = await reach(`${ROOT}/erase`, { method: "POST", body: { confirm } });
  const told: unknown = await response.json().catch(() => null);
  if (told && typeof told === "object" && "left" in told) return told as Erased;
  const detail = told && typeof told === "object" && "detail" in told ? String(told.detail) : "";
  throw new Failed(detail || `The server answered ${response.status} and did not say why.`, response.status);
}

/** Everything as one JSON file, with the name that the server gives it. */
export async function exportEverything(): Promise<{ file: Blob; name: string }> {
  const response = await reached(`${ROOT}/export`);
  const named = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "");
  return { file: await response.blob(), name: named?.[1] ?? "mnemograph.json" };
}

/** How many came in and how many were there, by sort. */
export const importFile = (file: Blob) =>
  ask<Record<string, number>>(`${ROOT}/import`, { method: "POST", body: file });
