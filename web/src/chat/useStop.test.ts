import type { Client, Message } from "@langchain/langgraph-sdk";
import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { keepSent } from "./sent";
import { useStop } from "./useStop";

const SAID: Message = { type: "human", id: "h", content: "Hello" };
const EMPTY = { values: {} };

function stopped(history: unknown[], threadId: string | null = "t") {
  const remove = vi.fn(async () => undefined);
  const threads = { getHistory: async () => history, delete: remove };
  const client = { threads, runs: { list: async () => [] } } as unknown as Client;
  const stream = { messages: [SAID], stop: async () => undefined };
  const thread = { load: async () => [], whileStopping: (stop: () => Promise<void>) => stop() };
  const onEmpty = vi.fn();
  keepSent("t", { id: "h", text: "Hello" });
  const { result } = renderHook(() =>
    useStop({ client, threadId, id: "t", stream, thread, onRun: () => undefined, onEmpty }),
  );
  return { stop: () => act(() => result.current.stop()), remove, onEmpty };
}

it.each([
  ["no step", [], "t"],
  ["a step in which nothing was written", [EMPTY, EMPTY], "t"],
  ["an undone list that is empty", [{ values: { messages: [], undone: [] } }], "t"],
  ["a row that the page was not told of yet", [], null],
])(
  "a conversation that is stopped when it has %s is taken away, and its words come back",
  async (_, has, id) => {
    const { stop, remove, onEmpty } = stopped(has, id);
    expect(await stop()).toBe("Hello");
    expect(remove).toHaveBeenCalledWith("t");
    expect(onEmpty).toHaveBeenCalledWith("t");
  },
);

it.each([
  ["a message", [{ values: { messages: [SAID] } }]],
  ["a message on another branch", [EMPTY, { values: { messages: [SAID] } }]],
  ["something to redo", [{ values: { messages: [], undone: [{}] } }]],
  ["more steps than were read", Array(10).fill(EMPTY)],
])("a conversation that holds %s stays", async (_, has) => {
  const { stop, remove, onEmpty } = stopped(has);
  await stop();
  expect(remove).not.toHaveBeenCalled();
  expect(onEmpty).not.toHaveBeenCalled();
});
