/** Stopping a reply: what it had said stays, in the thread where the server lets it, else on the page. */

import type { Client, Message } from "@langchain/langgraph-sdk";
import { useMemo, useState } from "react";
import { deleteEmpty, runUnderWay } from "../api/threads";
import { keepReply } from "../api/timeline";
import { keepSent, readSent } from "./sent";
import { type Cut, saidSoFar, withCut } from "./stopped";
import type { Thread } from "./useThread";

type Given = {
  client: Client;
  threadId: string | null;
  /** The conversation's own, or the one that it is going to have. */
  id: string;
  stream: { messages: Message[]; stop(): Promise<void> };
  thread: Pick<Thread, "load" | "whileStopping">;
  onRun(): void;
  /** The conversation held nothing, and is gone. */
  onEmpty(id: string): void;
};

export function useStop({ client, threadId, id, stream, thread, onRun, onEmpty }: Given) {
  const { load, whileStopping } = thread;
  const [cut, setCut] = useState<Cut | null>(null);
  const messages = useMemo(() => withCut(stream.messages, cut), [stream.messages, cut]);

  const [stopping, setStopping] = useState(false);
  const stop = async (): Promise<string> => {
    setStopping(true);
    return cutOff().finally(() => setStopping(false));
  };
  /** Gives what was said back where the server has not taken it yet. */
  const cutOff = async (): Promise<string> => {
    const sent = readSent(id);
    const said = saidSoFar(messages);
    setCut(said);
    keepSent(id, null);
    await whileStopping(stream.stop);
    // It may have begun without being told of here.
    const run = await runUnderWay(client, id).catch(() => null);
    if (run) await client.runs.cancel(id, run, true).catch(() => undefined);
    if (!said && (await deleteEmpty(client, id).catch(() => false))) {
      onEmpty(id);
      onRun();
      return sent?.text ?? "";
    }
    if (!threadId) return sent?.text ?? "";
    const states = await load(threadId).catch(() => []);
    const head = states[0];
    const has = (message?: string) => head?.values.messages.some((each) => each.id === message);
    if (said && head?.checkpoint?.checkpoint_id && has(said.human) && !has(said.message.id)) {
      await keepReply(threadId, said.message, head.checkpoint.checkpoint_id)
        .then(() => load(threadId))
        .catch(() => undefined);
    }
    onRun();
    return has(sent?.id) ? "" : (sent?.text ?? "");
  };

  return { messages, stopping, stop, forget: () => setCut(null) };
}
