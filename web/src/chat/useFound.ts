/** Conversations in which something was said: found by the same search that recalls memories. */

import type { Client } from "@langchain/langgraph-sdk";
import { useEffect, useState } from "react";
import { searchMemories } from "../api/memories";
import { thatAreHere } from "../api/threads";
import { type Found, foundIn } from "./found";

const WAIT_MS = 250;
const MOST = 30;

export function useFound(client: Client, words: string): Found[] {
  const [found, setFound] = useState<Found[]>([]);
  useEffect(() => {
    if (words.trim().length < 2) return setFound([]);
    const asked = new AbortController();
    const timer = setTimeout(() => {
      read(client, words, asked.signal).then(setFound, () => undefined);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [client, words]);
  return found;
}

/** What was ingested was said in conversations that are not here: they cannot be gone to. */
async function read(client: Client, words: string, signal: AbortSignal): Promise<Found[]> {
  const { memories } = await searchMemories(words.trim(), { limit: MOST }, signal);
  const found = foundIn(memories, words);
  const here = await thatAreHere(
    client,
    found.map((each) => each.thread),
    signal,
  );
  return found.filter((each) => here.has(each.thread));
}
