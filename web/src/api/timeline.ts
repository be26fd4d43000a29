/** A conversation's checkpoints over HTTP: shapes as memory/short_term/timeline.py has them. */

import type { Message } from "@langchain/langgraph-sdk";
import type { Kinds } from "../parts/went";
import { ask, query } from "./http";

export type Difference = {
  added: unknown[];
  removed: unknown[];
  /** name -> [before, after] */
  changed: Record<string, [unknown, unknown]>;
};

export type Differences = Record<string, Difference>;

export type Step = {
  checkpoint_id: string;
  parent_id: string | null;
  number: number;
  at: string;
  /** "input", "loop", "update", "undo", "redo", "fork", "edit" … */
  source: string;
  nodes: string[];
  changes: Differences;
  next: string[];
  /** Of a fork's first step: what it goes on from. */
  forked?: { thread_id: string; checkpoint_id: string } | null;
};

export type Said = {
  id: string;
  type: string;
  content: unknown;
  name?: string | null;
  tool_calls?: { name: string; args: Record<string, unknown> }[];
};

export type State = {
  values: Record<string, unknown> & { messages?: Said[] };
  next: string[];
  created_at: string | null;
  metadata: Record<string, unknown> | null;
};

export type Changed = { turn: string; said: string; memories: number; kinds: Kinds; finished: boolean };

/** The most steps that the server tells of at once. */
export const MOST_STEPS = 500;

const ours = (thread: string, what: string) => `/mnemograph/threads/${encodeURIComponent(thread)}/${what}`;

/** What each step did, newest first. */
export const readHistory = (thread: string, limit: number, signal?: AbortSignal) =>
  ask<Step[]>(ours(thread, "history") + query({ limit }), { signal });
export const readDifference = (thread: string, before: string, after: string, signal?: AbortSignal) =>
  ask<Differences>(ours(thread, "diff") + query({ before, after }), { signal });
export const readState = (thread: string, checkpoint: string, signal?: AbortSignal) =>
  ask<State>(`/threads/${encodeURIComponent(thread)}/state/${encodeURIComponent(checkpoint)}`, { signal });
export const undoTurn = (thread: string) => ask<Changed>(ours(thread, "undo"), { method: "POST" });
export const redoTurn = (thread: string) => ask<Changed>(ours(thread, "redo"), { method: "POST" });
/** A reply that a run left unsaid, put where the conversation stands at that checkpoint. */
export const keepReply = (thread: string, reply: Message, base: string) =>
  ask(ours(thread, "state"), { method: "POST", body: { values: { messages: [reply] }, base } });
/** A new conversation that begins with this state; its id. */
export const forkAt = (thread: string, checkpoint: string) =>
  ask<{ thread_id: string }>(ours(thread, "fork") + query({ checkpoint }), { method: "POST" });
