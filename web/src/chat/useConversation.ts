/** One conversation: the run that streams, the thread behind it, and what can be done with both. */

import type { Message } from "@langchain/langgraph-sdk";
import { useStream } from "@langchain/langgraph-sdk/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { GRAPH, openClient } from "../api/client";
import { runUnderWay } from "../api/threads";
import { useStatus } from "../app/status";
import { baseOf, versionsOn } from "./branches";
import { beforeIt, learnedIn } from "./past";
import { type Answer, questionsIn } from "./review";
import { keepSent, readSent } from "./sent";
import { type ChatValues, keptOf } from "./state";
import { isAnswered, type Turn, turnKeeper } from "./turns";
import { usePast } from "./usePast";
import { useReturn } from "./useReturn";
import { useStop } from "./useStop";
import { useThread } from "./useThread";

type Options = {
  /** The thread, or null while nothing was said in it. */
  threadId: string | null;
  /** The id that it gets with its first message. */
  newId: string;
  /** The checkpoint to look at first; null for the newest. */
  at: string | null;
  onBegun(id: string): void;
  /** A run began or ended. */
  onRun(): void;
  /** It was stopped before it held anything, and is gone. */
  onEmpty(id: string): void;
};

export type Conversation = ReturnType<typeof useConversation>;

const THROTTLE_MS = 40;

export function useConversation({ threadId, newId, at, onBegun, onRun, onEmpty }: Options) {
  const status = useStatus();
  const client = useMemo(openClient, []);
  const thread = useThread(client, threadId, at);
  const [failed, setFailed] = useState<unknown>(null);
  const id = threadId ?? newId;
  const stream = useStream<ChatValues>({
    client,
    assistantId: GRAPH,
    threadId,
    thread: thread.forStream,
    fetchStateHistory: true,
    reconnectOnMount: true,
    throttle: THROTTLE_MS,
    onThreadId: onBegun,
    onCreated: onRun,
    onFinish: () => {
      keepSent(id, null);
      onRun();
    },
    onError: setFailed,
  });

  const { load } = thread;
  const stops = useStop({ client, threadId, id, stream, thread, onRun, onEmpty });
  const { messages, stopping, stop, forget } = stops;
  const keep = useMemo(turnKeeper, []);
  const turns = useMemo(() => keep(messages), [keep, messages]);
  const values = stream.values;
  const { steps, shown, base, newest } = thread;
  const versions = useMemo(() => (shown ? versionsOn(steps, shown) : new Map()), [steps, shown]);

  const place = useMemo(() => (shown ? { thread: id, head: shown, steps } : null), [id, shown, steps]);
  const past = usePast(place);
  const places = useMemo(() => (place ? [place, ...past.places] : []), [place, past.places]);

  const { learned: news } = values;
  const learned = useMemo(() => {
    const counts = learnedIn(places);
    const last = turns.at(-1);
    return last && !beforeIt(places, last.id) ? counts.set(last.id, keptOf(news).length) : counts;
  }, [places, turns, news]);

  const submit = (
    values: { messages: Message[] } | null,
    options: { checkpoint?: string | null; keep?: Message[]; command?: { resume: unknown } },
  ) => {
    setFailed(null);
    const from = options.checkpoint ?? base;
    void stream.submit(values, {
      threadId: newId,
      context: status.auth === "none" ? { user_id: status.user_id } : undefined,
      checkpoint: from ? { checkpoint_id: from, checkpoint_ns: "", checkpoint_map: undefined } : null,
      command: options.command,
      streamResumable: true,
      onDisconnect: "continue",
      optimisticValues: (was) => ({
        ...was,
        ...(options.command ? {} : { recalled: [], used: [], learned: [], warnings: [] }),
        messages: [...(options.keep ?? was.messages ?? []), ...(values?.messages ?? [])],
      }),
    });
  };

  const say = (text: string, given: { id?: string; checkpoint?: string; keep?: Message[] } = {}) => {
    const message: Message = { type: "human", id: given.id ?? crypto.randomUUID(), content: text };
    keepSent(id, { id: message.id ?? "", text, checkpoint: given.checkpoint });
    submit({ messages: [message] }, given);
  };

  /** The checkpoint before a message. Right behind a reply its steps may not be read yet: then they are. */
  const baseNow = async (message: string): Promise<string | null> => {
    const known = shown && baseOf(steps, shown, message);
    if (known) return known;
    const now = await newest();
    const head = shown ?? now[0]?.checkpoint_id;
    return head ? baseOf(now, head, message) : null;
  };

  /** Says something else in the place of a message; false where the state before it is no longer kept. */
  const edit = async (turn: Turn, text: string): Promise<boolean> => {
    const checkpoint = await baseNow(turn.id);
    if (!checkpoint) return false;
    say(text, { checkpoint, keep: messages.slice(0, indexOf(messages, turn.id)) });
    return true;
  };

  /** Another reply to the last message: anew where there is one, else the same message again. */
  const retry = async (turn: Turn, text: string) => {
    forget();
    const sent = readSent(id);
    const from = sent?.id === turn.id ? sent.checkpoint : undefined;
    const first = turn.parts[0]?.message.id;
    const checkpoint = isAnswered(turn) && first ? await baseNow(first) : null;
    const index = indexOf(messages, turn.id);
    if (checkpoint) submit(null, { checkpoint, keep: messages.slice(0, index + 1) });
    else say(text, { id: turn.id, checkpoint: from, keep: messages.slice(0, index) });
  };

  /** Of several questions the others stay open, and are asked again behind the answer to this one. */
  const answer = (question: string, given: Answer) =>
    submit(null, { command: { resume: { [question]: given } }, keep: messages });

  // A run that another window began is looked at too.
  const { head } = thread;
  const waits = head !== null && head.next.length > 0 && head.tasks.every((task) => !task.interrupts?.length);
  const [opened, setOpened] = useState(false);
  const { joinStream, isLoading } = stream;
  useEffect(() => {
    if (opened || !threadId || !head) return;
    setOpened(true);
    if (!waits || isLoading) return;
    runUnderWay(client, threadId).then(
      (run) => run && void joinStream(run),
      () => undefined,
    );
  }, [opened, threadId, head, waits, isLoading, client, joinStream]);

  useReturn(() => {
    // What streams, failed, or is looked at as it was, stays as it stands.
    if (!threadId || isLoading || base !== null || failed || thread.error) return;
    load(threadId).catch(() => undefined);
  });

  const look = useCallback(
    (checkpoint?: string) => (threadId ? load(threadId, checkpoint) : Promise.resolve([])),
    [load, threadId],
  );

  return {
    client,
    thread,
    threadId,
    /** It up to what is shown, and those that it goes on from. */
    places,
    /** Nothing more of these is to be had. */
    read: thread.read && past.read,
    turns,
    values,
    versions,
    learned,
    busy: stream.isLoading || stopping,
    loading: stream.isThreadLoading,
    error: failed ?? thread.error,
    questions: questionsIn(stream.interrupts),
    say,
    edit,
    retry,
    answer,
    stop,
    look,
  };
}

const indexOf = (messages: Message[], id: string) => messages.findIndex((message) => message.id === id);
