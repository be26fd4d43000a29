/** Memories over HTTP: shapes as memory/schema.py has them, one function a route. */

import { ask, query, reach } from "./http";

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

export type Memory = {
  id: string;
  kind: Kind;
  text: string;
  detail: string;
  summary: string;
  status: MemoryStatus;
  reason: string;
  category: string;
  importance: number;
  pinned: boolean;
  provenance: Provenance;
  validity: { valid_from: string; valid_to: string | null; superseded_by: string | null };
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
  q?: string;
  kind?: Kind[];
  status?: MemoryStatus[];
  source?: Source[];
  since?: string;
  until?: string;
  limit?: number;
  offset?: number;
};

export const listMemories = (wanted: Wanted, signal?: AbortSignal) =>
  ask<{ memories: Memory[]; next: number | null }>(ROOT + query(wanted), { signal });
export const showMemory = (id: string) => ask<{ memory: Memory; history: Memory[] }>(at(id));
export const editMemory = (id: string, text: string, wrong = false) => change("/edit")(id, { text, wrong });
export const retractMemory = (id: string, reason: string) => change("/retract")(id, { reason });
export const pinMemory = (id: string, pinned: boolean) => change("/pin")(id, { pinned });
export const approveMemory = (id: string) => change("/approve")(id);
export const rejectMemory = (id: string, reason = "") => change("/reject")(id, { reason });
export const forgetMemory = (id: string) =>
  ask<{ id: string }>(at(id, "/forget"), { method: "POST", body: {} });

export type Counts = { user_id: string; counts: Record<string, number>; confirm: string };
export const countEverything = () => ask<Counts>(`${ROOT}/counts`);
export const eraseEverything = (confirm: string) =>
  ask<{ erased: Record<string, number>; left: Record<string, number> }>(`${ROOT}/erase`, {
    method: "POST",
    body: { confirm },
  });
export const exportEverything = () => reach(`${ROOT}/export`);
