import type { Client } from "@langchain/langgraph-sdk";
import { renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useThread } from "./useThread";

const STATES: Record<string, unknown> = {};
const getState = vi.fn(async (_: string, checkpoint = "new") => {
  if (!STATES[checkpoint]) throw new Error("It is no longer kept.");
  return STATES[checkpoint];
});
const client = { threads: { getState } } as unknown as Client;

beforeEach(() => {
  for (const id of ["old", "new"]) {
    STATES[id] = { values: { messages: [] }, checkpoint: { checkpoint_id: id }, tasks: [], next: [] };
  }
  vi.stubGlobal("fetch", async () => Response.json([]));
});

describe("a conversation that is opened", () => {
  it("is shown as it is now", async () => {
    const { result } = renderHook(() => useThread(client, "t", null));
    await waitFor(() => expect(result.current.shown).toBe("new"));
    expect([result.current.base, result.current.last]).toEqual([null, "new"]);
  });

  it.each([{}, [], null])("has no messages where nothing was written yet: %j", async (values) => {
    STATES.new = { values, checkpoint: null, tasks: [], next: [] };
    const { result } = renderHook(() => useThread(client, "t", null));
    await waitFor(() => expect(result.current.head?.values.messages).toEqual([]));
  });

  it("is shown at the checkpoint that the address names, and gone on with from there", async () => {
    const { result } = renderHook(() => useThread(client, "t", "old"));
    await waitFor(() => expect(result.current.shown).toBe("old"));
    expect([result.current.base, result.current.last]).toEqual(["old", "new"]);
  });

  it("is shown as it is now where that checkpoint is no longer kept", async () => {
    const { result } = renderHook(() => useThread(client, "t", "gone"));
    await waitFor(() => expect(result.current.shown).toBe("new"));
    expect([result.current.base, result.current.error]).toEqual([null, null]);
  });
});
