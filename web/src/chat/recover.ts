/** What is done with a conversation when its server is back: nothing is lost, and nothing is said twice. */

import type { Client } from "@langchain/langgraph-sdk";
import { runUnderWay } from "../api/threads";
import { readSent } from "./sent";

/** Where the stream's hook keeps the run that it joins again. */
const runName = (id: string) => `lg:stream:${id}`;

/** Names the run that goes on, if any, for whoever shows the conversation anew; null: nothing was said yet. */
export async function recover(client: Client, id: string | null): Promise<void> {
  if (id === null) return;
  // A server that lost its list of threads still has what was said: the thread is named to it again.
  if (readSent(id))
    await client.threads.create({ threadId: id, ifExists: "do_nothing" }).catch(() => undefined);
  const run = await runUnderWay(client, id).catch(() => null);
  if (run) sessionStorage.setItem(runName(id), run);
  else sessionStorage.removeItem(runName(id));
}
