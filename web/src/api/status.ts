/** The server's state, as GET /mnemograph/status tells it. */

import { ask, query } from "./http";

export type Part = { name: string; what: string; ok: boolean; detail: string };

export type Status = {
  /** Whose memories these are. */
  user_id: string;
  /** "none": nobody signs in; "keys": a key names its user. */
  auth: "none" | "keys";
  model: string;
  /** Answers come from rules, not from a model. */
  offline: boolean;
  /** How a wish on how things are done is taken: asked about, applied, or not at all. */
  procedures: "ask" | "auto" | "off";
  remember: "inline" | "background";
};

export const readStatus = () => ask<Status>("/mnemograph/status");

/** Of one kind of work: how often, and how long the last of them took. */
export type Latency = { count: number; failed: number; p50_ms: number | null; p95_ms: number | null };

export type Parts = Status & {
  version: string;
  parts: Part[];
  latencies: Record<string, Latency>;
  /** The page of the tracing project; a run's is at `/r/<run id>` below it. */
  traces: string | null;
  /** Not there while a database does not answer. */
  queue?: { waiting: number; since: string | null; running: number | null; failed: number | null };
  sizes?: { memories: Record<string, Record<string, number>>; threads: number; shared_threads: number };
};

/** `sizes`: also how much there is, for which the server reads all of it. */
export const readParts = (sizes: boolean, signal?: AbortSignal) =>
  ask<Parts>(`/mnemograph/status/parts${query({ sizes: sizes || undefined })}`, { signal });
