/** The conversations, the newest first, a page at a time; looked at again while one is busy. */

import type { Client } from "@langchain/langgraph-sdk";
import { useCallback, useEffect, useRef, useState } from "react";
import { deleteThread, listThreads, renameThread, type ThreadRow } from "../api/threads";
import { sentenceOf } from "./errors";

const BUSY_MS = 2500;
const IDLE_MS = 20_000;

export type Threads = ReturnType<typeof useThreads>;

/** `changed` grows with every run that began or ended here. */
export function useThreads(client: Client, changed: number) {
  const [rows, setRows] = useState<ThreadRow[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [failed, setFailed] = useState("");
  const [loaded, setLoaded] = useState(false);
  /** Other people's were passed over. */
  const [others, setOthers] = useState(false);
  const asking = useRef(false);

  const again = useCallback(async () => {
    try {
      const page = await listThreads(0);
      setRows((was) => merged(page.rows, was, page.next !== null));
      setOthers((was) => was || page.others);
      setNext((was) => (was === null || page.next === null ? page.next : Math.max(was, page.next)));
      setFailed("");
    } catch (error) {
      setFailed(sentenceOf(error));
    } finally {
      setLoaded(true);
    }
  }, []);

  const more = useCallback(async () => {
    if (next === null || asking.current) return;
    asking.current = true;
    try {
      const page = await listThreads(next);
      setRows((was) => merged(was, page.rows, true));
      setOthers((was) => was || page.others);
      setNext(page.next);
    } catch (error) {
      setFailed(sentenceOf(error));
    } finally {
      asking.current = false;
    }
  }, [next]);

  useEffect(() => {
    void changed;
    void again();
  }, [again, changed]);

  const busy = rows.some((row) => row.status === "busy");
  useEffect(() => {
    const look = () => {
      if (!document.hidden) void again();
    };
    const timer = setInterval(look, busy || failed ? BUSY_MS : IDLE_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [again, busy, failed]);

  const rename = async (id: string, title: string) => {
    await renameThread(client, id, title);
    await again();
  };
  const remove = async (id: string) => {
    await deleteThread(client, id);
    setRows((was) => was.filter((row) => row.id !== id));
    setNext((was) => (was === null ? null : Math.max(0, was - 1)));
  };

  return { rows, more, hasMore: next !== null, again, rename, remove, failed, loaded, others };
}

/** The first rows, and of the others what stands in none of them. */
function merged(first: ThreadRow[], others: ThreadRow[], keep: boolean): ThreadRow[] {
  if (!keep) return first;
  const known = new Set(first.map((row) => row.id));
  return [...first, ...others.filter((row) => !known.has(row.id))];
}
