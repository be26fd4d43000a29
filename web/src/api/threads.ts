/** Conversations over HTTP: LangGraph's threads, their states and runs. */

import type { Client, ThreadState } from "@langchain/langgraph-sdk";
import type { ChatValues } from "../chat/state";
import { ask, query } from "./http";

export type ThreadRow = {
  id: string;
  /** What a person named it, else what was said first in it. */
  title: string;
  updated: string;
  status: "idle" | "busy" | "interrupted" | "error";
};

type Listed = { thread_id: string; title: string; updated_at: string; status: ThreadRow["status"] };

export type ThreadPage = {
  rows: ThreadRow[];
  /** Where the page after this one begins. */
  next: number | null;
  /** There are other people's here, which are not listed. */
  others: boolean;
};

const PAGE = 30;

/** A page of one's conversations, the newest first. */
export async function listThreads(offset: number, signal?: AbortSignal): Promise<ThreadPage> {
  type Answer = { threads: Listed[]; next: number | null; others: boolean };
  const asked = query({ limit: PAGE, offset: offset || undefined });
  const { threads, next, others } = await ask<Answer>(`/mnemograph/threads${asked}`, { signal });
  const rows = threads.map((thread) => ({
    id: thread.thread_id,
    title: titleOf(thread.title),
    updated: thread.updated_at,
    status: thread.status,
  }));
  return { rows, next, others };
}

/** Which of these conversations the server has. */
export async function thatAreHere(client: Client, ids: string[], signal?: AbortSignal): Promise<Set<string>> {
  if (!ids.length) return new Set();
  const found = await client.threads.search({ ids, select: ["thread_id"], limit: ids.length, signal });
  return new Set(found.map((thread) => thread.thread_id));
}

export const UNTITLED = "New conversation";
const MOST_TITLE = 80;

/** A title of one line out of what may be anything: the first that has words. */
export function titleOf(...named: unknown[]): string {
  for (const given of named) {
    const line = typeof given === "string" ? given.replace(/\s+/g, " ").trim() : "";
    if (line) return line.length > MOST_TITLE ? `${line.slice(0, MOST_TITLE - 1)}…` : line;
  }
  return UNTITLED;
}

export const renameThread = (client: Client, id: string, title: string) =>
  client.threads.update(id, { metadata: { title } });

export const deleteThread = (client: Client, id: string) => client.threads.delete(id);

const FEW = 10;

/** Deletes a conversation that never held anything, at no step of it; false where it did. */
export async function deleteEmpty(client: Client, id: string): Promise<boolean> {
  const states = await client.threads.getHistory<ChatValues>(id, { limit: FEW });
  const held = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  if (states.length === FEW || states.some(({ values }) => Object.values(values ?? {}).some(held)))
    return false;
  await deleteThread(client, id);
  return true;
}

/** The state now, or at a checkpoint. */
export const readState = (client: Client, id: string, checkpoint?: string) =>
  client.threads.getState<ChatValues>(id, checkpoint) as Promise<ThreadState<ChatValues>>;

/** The run that works on a thread at the moment, or waits to. */
export async function runUnderWay(client: Client, id: string): Promise<string | null> {
  const runs = await client.runs.list(id, { limit: 5 });
  return runs.find((run) => run.status === "running" || run.status === "pending")?.run_id ?? null;
}
