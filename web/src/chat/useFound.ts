/** Conversations in which something was said: found by the same search that recalls memories. */

import { useEffect, useState } from "react";
import { searchMemories } from "../api/memories";
import { type Found, foundIn } from "./found";

const WAIT_MS = 250;
const MOST = 30;

export function useFound(words: string): Found[] {
  const [found, setFound] = useState<Found[]>([]);
  useEffect(() => {
    if (words.trim().length < 2) return setFound([]);
    const asked = new AbortController();
    const timer = setTimeout(() => {
      searchMemories(words.trim(), MOST, asked.signal).then(
        ({ memories }) => setFound(foundIn(memories, words)),
        () => undefined,
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [words]);
  return found;
}
