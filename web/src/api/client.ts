/** LangGraph's own client for this server: the key goes in a header, never in an address. */

import { Client } from "@langchain/langgraph-sdk/client";
import { SERVER } from "./http";
import { keyHeaders } from "./key";

/** The graph that the page talks to. */
export const GRAPH = "agent";

export function openClient(): Client {
  return new Client({
    apiUrl: SERVER,
    apiKey: null,
    defaultHeaders: keyHeaders(),
    // The page waits for the server itself, and says so meanwhile.
    callerOptions: { maxRetries: 0 },
  });
}
