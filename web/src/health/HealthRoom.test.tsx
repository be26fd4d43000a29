import { act, render, screen } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import HealthRoom from "./HealthRoom";
import { duration, queueInWords } from "./words";

const PARTS = {
  user_id: "ana",
  remember: "inline",
  version: "0.1.0",
  parts: [
    { name: "Long-term memory", what: "Postgres with pgvector, embedded", ok: true, detail: "In clear." },
    { name: "Chat model", what: "openai:small", ok: false, detail: "The newest call failed (TimeoutError)." },
    { name: "Tracing", what: "off", ok: true, detail: "Set LANGSMITH_TRACING=true." },
  ],
  latencies: { recall: { count: 7, failed: 1, p50_ms: 28.1, p95_ms: 1140 } },
  traces: "https://smith.example/p/1",
  queue: { waiting: 0, since: null, running: 0, failed: 0 },
};
const SIZES = { memories: { semantic: { active: 1234 } }, threads: 2, shared_threads: 0 };

let asked: string[] = [];
let down = false;

beforeEach(() => {
  asked = [];
  down = false;
  vi.stubGlobal("fetch", async (given: string) => {
    const url = new URL(given, location.origin);
    asked.push(url.search);
    if (down) throw new TypeError("no network");
    const told = url.searchParams.has("sizes") ? { ...PARTS, sizes: SIZES } : PARTS;
    return new Response(JSON.stringify(told), { status: 200 });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("each part says how it does, in words", async () => {
  const { container } = render(<HealthRoom />);
  expect(await screen.findByText("Not well: Chat model.")).toBeTruthy();
  expect(screen.getByText("not well")).toBeTruthy();
  expect(screen.getByText("1,234")).toBeTruthy();
  expect(screen.getByRole("rowheader", { name: "Fact" })).toBeTruthy();
  expect(screen.getByText("1.1 s")).toBeTruthy();
  expect(screen.getByText("2 conversations.")).toBeTruthy();
  const link = screen.getByRole("link", { name: "Traces of the runs in LangSmith" });
  expect(link.getAttribute("rel")).toContain("noopener");
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map((each) => [each.id, each.nodes.map((node) => node.html)])).toEqual([]);
});

test("it looks again by itself, counts seldom, and keeps what it knows while the server is away", async () => {
  vi.useFakeTimers();
  render(<HealthRoom />);
  await act(() => vi.advanceTimersByTimeAsync(0));
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(asked).toEqual(["?sizes=true", ""]);
  expect(screen.getByText("1,234")).toBeTruthy();
  down = true;
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(screen.getByText(/does not answer/)).toBeTruthy();
  expect(screen.getByText("1,234")).toBeTruthy();
  down = false;
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(screen.queryByText(/does not answer/)).toBeNull();
});

test("figures in words", () => {
  expect([duration(null), duration(2.44), duration(28.4), duration(1140)]).toEqual([
    "–",
    "2.4 ms",
    "28 ms",
    "1.1 s",
  ]);
  const now = new Date("2026-05-03T10:05:00Z");
  const queue = { waiting: 2, since: "2026-05-03T10:00:00Z", running: 1, failed: 1 };
  expect(queueInWords(queue, "background", now)).toBe(
    "What a turn teaches is written in the background, after a pause. 2 turns of yours wait, the first since " +
      "5 minutes ago. Queued or at work: 1 conversation. In 1 conversation it failed; it is tried again.",
  );
  expect(queueInWords(undefined, "inline")).toContain("cannot be told");
});
