/** A thread as the server keeps it: the state that is shown, and the steps of its timeline. */

import type { Client, ThreadState } from "@langchain/langgraph-sdk";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { readState } from "../api/threads";
import { MOST_STEPS, readHistory, type Step } from "../api/timeline";
import { isWhole, joined } from "./branches";
import { isUnreachable } from "./errors";
import type { ChatValues } from "./state";

type Kept = { id: string | null; head: ThreadState<ChatValues> | null; steps: Step[]; error: unknown };

/** Enough for the newest turns. */
const NEW_STEPS = 60;
const LATER_MS = 1200;

const NOTHING: Kept = { id: null, head: null, steps: [], error: null };

export type Thread = ReturnType<typeof useThread>;

/** `at`: the checkpoint to begin with, else the newest. */
export function useThread(client: Client, id: string | null, at: string | null) {
  const [kept, setKept] = useState<Kept>(NOTHING);
  const [loading, setLoading] = useState(id !== null);
  /** The newest checkpoint of all, where another branch than its own is looked at. */
  const [last, setLast] = useState<string | null>(null);
  /** The server did not answer when it was asked for the timeline. */
  const [silent, setSilent] = useState(false);
  const reads = useRef(0);

  const more = useCallback(
    (which: string, limit: number) =>
      readHistory(which, limit).then(
        (read) => {
          setKept((was) => (was.id === which ? { ...was, steps: joined(was.steps, read) } : was));
          setSilent(false);
          return read;
        },
        (error) => {
          setSilent(isUnreachable(error));
          return [];
        },
      ),
    [],
  );

  const load = useCallback(
    async (which: string, checkpoint?: string) => {
      const read = ++reads.current;
      setLoading(true);
      try {
        const head = quiet(await readState(client, which, checkpoint));
        if (read !== reads.current) return [head];
        setKept((was) => ({ id: which, head, steps: was.id === which ? was.steps : [], error: null }));
        if (!checkpoint) setLast(head.checkpoint?.checkpoint_id ?? null);
        // What can be shown is shown; the branches of it come behind.
        void more(which, NEW_STEPS);
        return [head];
      } catch (error) {
        if (read === reads.current) setKept((was) => ({ ...was, id: which, error }));
        throw error;
      } finally {
        if (read === reads.current) setLoading(false);
      }
    },
    [client, more],
  );

  // A thread that began here is read when its first run has ended: before, there is nothing to read.
  const [began] = useState(id === null);
  const [first] = useState(at);
  useEffect(() => {
    if (id === null || began) return;
    const opened = first
      ? readState(client, id).then((now) => {
          setLast(now.checkpoint?.checkpoint_id ?? null);
          return load(id, first);
        })
      : load(id);
    // What is no longer kept is shown as it is now.
    opened.catch(() => (first ? load(id) : undefined)).catch(() => undefined);
  }, [id, began, first, client, load]);

  const head = kept.id === id ? kept.head : null;
  const shown = head?.checkpoint?.checkpoint_id ?? null;

  // A long timeline takes the server seconds: all of it is read once, and when nothing else is to be done.
  const far = kept.steps.length > 0 && shown !== null && !isWhole(kept.steps, shown);
  const [all, setAll] = useState<"asked" | "read" | null>(null);
  useEffect(() => {
    if (!far || all || id === null) return;
    const timer = setTimeout(() => {
      setAll("asked");
      void more(id, MOST_STEPS).then(() => setAll("read"));
    }, LATER_MS);
    return () => clearTimeout(timer);
  }, [far, all, id, more]);

  // What a stopped stream is given it shows from then on, whatever the thread says; given nothing, it lets go.
  const stopping = useRef(false);
  const whileStopping = async (stop: () => Promise<void>) => {
    stopping.current = true;
    await stop().finally(() => {
      stopping.current = false;
    });
  };
  const forStream = useMemo(
    () => ({
      data: head?.checkpoint ? [head] : [],
      error: undefined,
      isLoading: loading,
      mutate: async (which?: string) => {
        const states = which ? await load(which) : [];
        return stopping.current ? [] : states;
      },
    }),
    [head, loading, load],
  );
  return {
    forStream,
    head,
    steps: kept.steps,
    /** The steps with those that the server has made since. */
    newest: async () => (id === null ? kept.steps : joined(kept.steps, await more(id, NEW_STEPS))),
    /** Nothing more of the timeline is to be had. */
    read: kept.steps.length > 0 && (!far || all === "read"),
    silent,
    error: kept.id === id ? kept.error : null,
    loading,
    load,
    whileStopping,
    shown,
    /** The newest checkpoint. */
    last,
    /** The checkpoint to go on from, where what is shown is not the newest. */
    base: shown !== null && last !== null && shown !== last ? shown : null,
  };
}

/** A cut-off step reads as failed; what is missing of a turn is seen in its messages. */
function quiet(state: ThreadState<ChatValues>): ThreadState<ChatValues> {
  // One that was stopped before its first step holds nothing at all.
  const values = { messages: [], ...(Array.isArray(state.values) ? {} : state.values) };
  return { ...state, values, tasks: (state.tasks ?? []).map((task) => ({ ...task, error: null })) };
}
