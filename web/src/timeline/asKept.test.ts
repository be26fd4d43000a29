import { afterEach, describe, expect, it, vi } from "vitest";
import { pretend, sample } from "../memories/sample";
import { asKept, GONE } from "./asKept";

afterEach(() => vi.unstubAllGlobals());

function keeps(...memories: ReturnType<typeof sample>[]) {
  const server = pretend({ "GET /mnemograph/memories": { memories } });
  vi.stubGlobal("fetch", server.fetch);
  return server;
}

const lisbon = sample({ id: "a" });
const item = (id: string, text: string) => ({ id, kind: "semantic", text, receipt: { words: ["secret"] } });

describe("what a checkpoint tells", () => {
  it("keeps the place of what is forgotten, and none of its words, wherever it stands", async () => {
    const { asked } = keeps(lisbon);
    const kept = item("a", lisbon.text);
    const gone = item("b", "A secret");
    const told = await asKept({
      values: {
        recalled: [kept, gone],
        procedures: [gone],
        messages: [{ id: "b", text: "As it was said." }],
      },
      changes: { learned: { added: [gone], removed: [kept], changed: { b: [gone, gone] } } },
    });
    const nothing = { id: "b", text: GONE };
    expect(told.values.recalled).toEqual([kept, nothing]);
    expect(told.values.procedures).toEqual([nothing]);
    expect(told.changes.learned).toEqual({
      added: [nothing],
      removed: [kept],
      changed: { b: [nothing, nothing] },
    });
    expect(told.values.messages).toEqual([{ id: "b", text: "As it was said." }]);
    expect(JSON.stringify(told)).not.toContain("A secret");
    expect(asked.map(({ url }) => url.searchParams.getAll("id"))).toEqual([["a", "b"]]);
  });

  it("is asked about only where it tells of memories", async () => {
    const { asked } = keeps();
    const told = { messages: [{ id: "m", text: "Hello" }], learned: { text: "No id" }, next: null };
    expect(await asKept(told)).toEqual(told);
    expect(asked).toEqual([]);
  });

  it("is asked about by a hundred at a time", async () => {
    const { asked } = keeps(lisbon);
    await asKept({ recalled: Array.from({ length: 250 }, (_, number) => item(`m${number}`, "x")) });
    expect(asked.map(({ url }) => url.searchParams.getAll("id").length)).toEqual([100, 100, 50]);
  });
});
