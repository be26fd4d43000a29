import type { Message } from "@langchain/langgraph-sdk";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UNREACHABLE } from "../api/http";
import type { Memory } from "../api/memories";
import { tellForgotten } from "../memories/forgotten";
import { sample } from "../memories/sample";
import { MemoryPanel } from "./MemoryPanel";
import type { Place } from "./past";
import { WithStatus } from "./sample";
import type { ChatValues } from "./state";
import { turnsOf } from "./turns";
import type { Conversation } from "./useConversation";

afterEach(() => vi.unstubAllGlobals());

const MESSAGES: Message[] = [
  { type: "human", id: "h1", content: "I live in Lisbon." },
  { type: "ai", id: "a1", content: "I noted it." },
  { type: "human", id: "h2", content: "Where do I live?" },
  { type: "ai", id: "a2", content: "In Lisbon." },
];
const lisbon = sample();
const day = sample({ id: "day", kind: "episodic", text: "[2026-05-03] ana: I live in Lisbon, I like tea." });
const recalled = ({ id, kind, text }: Memory) =>
  ({ id, kind, text, why: "", source: "user", agent: null, said_at: "2026-05-03T10:00:00Z" }) as never;
const TAUGHT = [
  { id: lisbon.id, kind: "semantic", text: lisbon.text, category: "person", message_ids: ["h1"] },
];
const STEPS = [
  { checkpoint_id: "2", parent_id: "1", source: "loop", changes: { messages: { added: [MESSAGES[2]] } } },
  { checkpoint_id: "1", parent_id: null, source: "loop", changes: { messages: { added: [MESSAGES[0]] } } },
];

/** `kept` is what the server has by now, null a server that does not answer; `getState` the state of the first turn. */
function shown(
  which: 0 | 1,
  kept: Memory[] | null,
  more: { messages?: Message[]; away?: boolean; places?: Place[] } = {},
) {
  const server = { kept, states: 0, stateOf: [] as string[], turns: [] as string[] };
  const down = () => Promise.reject(new TypeError("Failed to fetch"));
  vi.stubGlobal("fetch", async (input: RequestInfo | URL) => {
    const asked = new URL(String(input)).searchParams;
    if (!server.kept) return down();
    server.turns.push(...asked.getAll("turn"));
    if (!asked.has("id")) return Response.json({ memories: [], turns: [] });
    return Response.json({ memories: server.kept.filter(({ id }) => asked.getAll("id").includes(id)) });
  });
  const first: ChatValues = { messages: [], learned: TAUGHT as never };
  const getState = async (...of: string[]) => {
    server.states += 1;
    server.stateOf = of;
    return server.kept ? { values: first } : down();
  };
  const turns = turnsOf(more.messages ?? MESSAGES);
  const values = { messages: [], recalled: [recalled(lisbon), recalled(day)], used: [lisbon.id] };
  const thread = { silent: false, newest: vi.fn() };
  const conversation = {
    client: { threads: { getState } },
    threadId: "t",
    places: more.places ?? [{ thread: "t", head: "2", steps: STEPS }],
    read: true,
    thread,
    turns,
    values,
    busy: false,
    questions: [],
  } as unknown as Conversation;
  const turn = turns[which] ?? null;
  const last = turn === turns.at(-1);
  const props = { conversation, turn, last, away: more.away ?? false, onClose: vi.fn() };
  const panel = () => render(<MemoryPanel {...props} />, { wrapper: WithStatus });
  const { unmount } = panel();
  const reopened = () => {
    unmount();
    panel();
  };
  return Object.assign(server, { reopened });
}

const panel = () => document.body.textContent ?? "";

describe("what was forgotten", () => {
  it("is not shown of an earlier turn, whose state keeps its words", async () => {
    shown(0, []);
    await screen.findByText("One that stood here is no longer kept.");
    expect(panel()).not.toContain(lisbon.text);
  });

  it("is not shown of the last turn, nor in the words of what was recalled with it", async () => {
    shown(1, [{ ...day, text: "[2026-05-03] ana: I like tea." }]);
    await screen.findByText("I like tea.");
    expect(panel()).not.toContain("in Lisbon,");
    expect(panel()).not.toContain(lisbon.text);
    expect(panel()).toContain("One that stood here is no longer kept.");
  });

  it("goes as soon as it is forgotten on this page", async () => {
    const server = shown(0, [lisbon]);
    await screen.findByText(lisbon.text);
    expect(panel()).not.toContain("no longer kept");
    server.kept = [];
    act(tellForgotten);
    await screen.findByText("One that stood here is no longer kept.");
    expect(panel()).not.toContain(lisbon.text);
    expect(server.states).toBe(1);
  });
});

it("tells of a turn before a fork what it taught and what was decided, where it was said", async () => {
  const forked = { thread_id: "before", checkpoint_id: "1" };
  const said = MESSAGES.filter(({ type }) => type === "human");
  const fork = { ...STEPS[0], parent_id: null, changes: { messages: { added: said } }, forked };
  const places = [
    { thread: "t", head: "2", steps: [fork] },
    { thread: "before", head: "1", steps: STEPS },
  ] as unknown as Place[];
  const server = shown(0, [lisbon], { places });
  await screen.findByText(lisbon.text);
  expect(server.stateOf).toEqual(["before", "1"]);
  fireEvent(screen.getByText("What was decided, and why"), new MouseEvent("click", { bubbles: true }));
  await waitFor(() => expect(server.turns).toEqual(["before:h1"]));
});

it("shows at once what it knew, where it is closed and opened again", async () => {
  const server = shown(1, [lisbon, day]);
  await screen.findByText(lisbon.text);
  server.reopened();
  expect(panel()).toContain(lisbon.text);
  server.kept = [];
  act(tellForgotten);
  await screen.findByText("2 that stood here are no longer kept.");
  server.reopened();
  expect(panel()).not.toContain(lisbon.text);
});

describe("a server that does not answer", () => {
  it("is said of an earlier turn, and it is asked again", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const server = shown(0, null);
    await screen.findByText(UNREACHABLE);
    expect(panel()).not.toContain("no longer kept");
    expect(panel()).not.toContain("One moment");
    server.kept = [lisbon];
    await act(() => vi.advanceTimersByTimeAsync(3100));
    await screen.findByText(lisbon.text);
    expect(screen.queryByText(UNREACHABLE)).toBeNull();
  });

  it("is said of the last turn whose memories it was not asked about yet", async () => {
    shown(1, null);
    await screen.findByText(UNREACHABLE);
    expect(panel()).not.toContain(lisbon.text);
  });

  it("is said behind a message that was not answered", async () => {
    shown(1, [lisbon, day], { messages: MESSAGES.slice(0, 3), away: true });
    await screen.findByText(UNREACHABLE);
    await waitFor(() => expect(panel()).not.toContain("Nothing yet"));
    expect(panel()).not.toContain("Recalled");
  });
});
