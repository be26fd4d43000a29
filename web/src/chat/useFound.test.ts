import type { Client } from "@langchain/langgraph-sdk";
import { renderHook, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { useFound } from "./useFound";

it("leads to no conversation that is not on this server", async () => {
  const hit = { text: "Likes tea", message_ids: ["m"] };
  const memories = ["here", "ingested"].map((thread_id) => ({ ...hit, thread_id }));
  vi.stubGlobal("fetch", async () => Response.json({ memories }));
  const search = vi.fn(async () => [{ thread_id: "here" }]);
  const client = { threads: { search } } as unknown as Client;
  const { result } = renderHook(() => useFound(client, "tea"));
  await waitFor(() => expect(result.current.map((each) => each.thread)).toEqual(["here"]));
  expect(search).toHaveBeenCalledWith(expect.objectContaining({ ids: ["here", "ingested"] }));
});
