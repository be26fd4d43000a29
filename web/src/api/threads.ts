/** Conversations over HTTP: LangGraph's threads, their states and runs. */

import type { Client, ThreadState } from "@langchain/langgraph-sdk";
import type { ChatValues } from "../chat/state";
import { GRAPH } from "./client";

export type ThreadRow = {
  id: string;
  /** What a person named it, else what was said first in it. */
  title: string;
  updated: string;
  status: "idle" | "busy" | "interrupted" | "error";
};

const PAGE = 30;
const SHOWN = ["thread_id", "updated_at", "metadata", "status"] as const;
const FIRST = { first: "values.messages[0].content" };

/** A page of conversations, the newest first; `next` is where the page after it begins. */
export async function listThreads(
  client: Client,
  offset: number,
  signal?: AbortSignal,
): Promise<{ rows: ThreadRow[]; next: number | null }> {
  const found = await client.threads.search<ChatValues>({
    metadata: { graph_id: GRAPH },
    sortBy: "updated_at",
    sortOrder: "desc",
    limit: PAGE,
    offset,
    select: [...SHOWN],
    extract: FIRST,
    signal,
  });
  const rows = found.map((thread) => ({
    id: thread.thread_id,
    title: titleOf(thread.metadata?.title, thread.extracted?.first),
    updated: thread.updated_at,
    status: thread.status,
  }));
  return { rows, next: rows.length < PAGE ? null : offset + PAGE };
}

/** Which of these conversations the server has. */
export async function thatAreHere(client: Client, ids: string[], signal?: AbortSignal): Promise<Set<string>> {
  if (!ids.length) return new Set();
  const found = await client.threads.search({ ids, select: ["thread_id"], limit: ids.length, signal });
  return new Set(found.map((thread) => thread.thread_id));
}

export const UNTITLED = "New conversation";
const MOST_TITLE = 80;

/** A title of one line out of what may be anything. */
export function titleOf(named: unknown, first: unknown): string {
  for (const given of [named, first]) {
    const line = typeof given === "string" ? given.replace(/\s+/g, " ").trim() : "";
    if (line) return line.length > MOST_TITLE ? `${line.slice(0, MOST_TITLE - 1)}…` : line;
  }
  return UNTITLED;
}

export const renameThread = (client: Client, id: string, title: string) =>
  client.threads.update(id, { metadata: { title } });

export const deleteThread = (client: Client, id: string) => client.threads.delete(id);

/** The state now, or at a checkpoint. */
export const readState = (client: Client, id: string, checkpoint?: string) =>
  client.threads.getState<ChatValues>(id, checkpoint) as Promise<ThreadState<ChatValues>>;

/** The run that works on a thread at the moment, or waits to. */
export async function runUnderWay(client: Client, id: string): Promise<string | null> {
  const runs = await client.runs.list(id, { limit: 5 });
  return runs.find((run) => run.status === "running" || run.status === "pending")?.run_id ?? null;
}
