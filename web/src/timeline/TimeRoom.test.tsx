import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { usePlace } from "../app/route";
import TimeRoom from "./TimeRoom";

const HTML = "<img src=x onerror=alert(1)><script>alert(2)</script>";
const at = "2026-05-03T10:00:00Z";
const base = { parent_id: null, at, source: "loop", next: [] };
const added = (...rows: unknown[]) => ({ added: rows, removed: [], changed: {} });
const STEPS = [
  {
    ...base,
    checkpoint_id: "c3",
    number: 3,
    nodes: ["remember"],
    changes: { learned: added({ text: HTML }) },
  },
  {
    ...base,
    checkpoint_id: "c2",
    number: 2,
    nodes: ["respond"],
    changes: { messages: added({ type: "ai", text: "Noted." }) },
  },
  {
    ...base,
    checkpoint_id: "c1",
    number: 1,
    nodes: ["__start__"],
    changes: { messages: added({ type: "human", text: HTML }) },
  },
];
const STATE = { values: { messages: [{ id: "m", type: "human", content: HTML }], notes: [HTML] }, next: [] };

let asked: string[] = [];
let refuse = "";

function answer(path: string): unknown {
  if (path.includes("/history")) return STEPS;
  if (path.includes("/state/")) return STATE;
  if (path.includes("/diff")) {
    const learned = { added: [], removed: [{ text: "Likes tea" }], changed: {} };
    return { notes: { added: [HTML], removed: ["old"], changed: {} }, learned };
  }
  if (path.includes("/fork")) return { thread_id: "t2" };
  return {
    turn: "m",
    said: "I like tea.",
    memories: 2,
    kinds: { semantic: 1, episodic: 1 },
    finished: false,
  };
}

beforeEach(() => {
  asked = [];
  refuse = "";
  history.replaceState(null, "", "#/time/t1");
  vi.stubGlobal("fetch", async (given: string, init?: RequestInit) => {
    const url = new URL(given, location.origin);
    asked.push(`${init?.method ?? "GET"} ${url.pathname}${url.search}`);
    if (refuse) return new Response(JSON.stringify({ detail: refuse }), { status: 409 });
    return new Response(JSON.stringify(answer(url.pathname)), { status: 200 });
  });
});
afterEach(() => vi.unstubAllGlobals());

function Room() {
  return <TimeRoom place={usePlace()} />;
}

test("the newest step is chosen, the arrow keys go along, and the address keeps the place", async () => {
  render(<Room />);
  const newest = await screen.findByRole("button", { name: "Learned" });
  expect(newest.getAttribute("aria-current")).toBe("step");
  newest.focus();
  await userEvent.keyboard("{ArrowLeft}");
  const reply = screen.getByRole("button", { name: "Replied" });
  expect(reply.getAttribute("aria-current")).toBe("step");
  expect(document.activeElement).toBe(reply);
  expect(location.hash).toContain("at=c2");
  await waitFor(() => expect(asked.some((each) => each.includes("/threads/t1/state/c2"))).toBe(true));
  await userEvent.keyboard("{Home}");
  expect(screen.getByRole("button", { name: "You said" }).getAttribute("aria-current")).toBe("step");
});

test("two steps are compared in words, and what is HTML stays text", async () => {
  const { container } = render(<Room />);
  await userEvent.click(await screen.findByRole("button", { name: "Compare to here (B)" }));
  await userEvent.click(screen.getByRole("button", { name: "You said" }));
  await userEvent.click(screen.getByRole("button", { name: "Compare from here (A)" }));
  const compared = await screen.findByRole("region", { name: "From A to B" });
  await within(compared).findByText("Added");
  expect(within(compared).getByText("Removed")).toBeTruthy();
  // What an earlier turn taught is still remembered.
  expect(within(compared).getByText("Likes tea").closest("li")?.textContent).toContain("At A");
  expect(asked.at(-1)).toBe("GET /mnemograph/threads/t1/diff?before=c1&after=c3");
  expect(within(compared).getByText(HTML)).toBeTruthy();
  expect(container.querySelector("img, script")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Compare no more" }));
  expect(screen.queryByRole("region", { name: "From A to B" })).toBeNull();
});

test("an undo tells what it took back, and the steps are read again", async () => {
  render(<Room />);
  await userEvent.click(await screen.findByRole("button", { name: "Undo the last turn" }));
  expect(
    await screen.findByText("Took back “I like tea.”. 1 fact and the words of the turn went with it."),
  ).toBeTruthy();
  expect(asked.filter((each) => each.includes("/history")).length).toBe(2);
  refuse = "There is nothing to undo.";
  await userEvent.click(screen.getByRole("button", { name: "Undo the last turn" }));
  expect(await screen.findByText(refuse)).toBeTruthy();
});

test("going on from a step opens the new conversation", async () => {
  render(<Room />);
  await userEvent.click(await screen.findByRole("button", { name: "Go on from here" }));
  await waitFor(() => expect(location.hash).toBe("#/c/t2"));
  expect(asked).toContain("POST /mnemograph/threads/t1/fork?checkpoint=c3");
});

test("what cannot be read is told, and asked for again", async () => {
  refuse = "This conversation is not yours.";
  render(<Room />);
  expect(await screen.findByText(refuse)).toBeTruthy();
  refuse = "";
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("button", { name: "Learned" })).toBeTruthy();
});

test("axe finds nothing serious", async () => {
  const { container } = render(<Room />);
  await screen.findByText("The state at this point");
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map((each) => [each.id, each.nodes.map((node) => node.html)])).toEqual([]);
});
