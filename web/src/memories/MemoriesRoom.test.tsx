import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { go, usePlace } from "../app/route";
import MemoriesRoom from "./MemoriesRoom";
import { pretend, sample } from "./sample";

beforeEach(() => history.replaceState(null, "", "#/memories"));
afterEach(() => vi.unstubAllGlobals());

const ROOT = "/mnemograph/memories";

function Room() {
  return <MemoriesRoom place={usePlace()} />;
}

function opened(answers: Record<string, unknown>) {
  const server = pretend(answers);
  vi.stubGlobal("fetch", server.fetch);
  render(<Room />);
  return server;
}

test("filters stand in the address, and are what the server is asked", async () => {
  const { asked } = opened({ [`GET ${ROOT}`]: { memories: [sample()], next: null } });
  expect((await screen.findAllByText("Lives in Lisbon")).length).toBeGreaterThan(0);
  await userEvent.click(screen.getByRole("button", { name: "Facts" }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "State" }), "Any");
  expect(location.hash).toBe("#/memories?kind=semantic&status=any");
  await waitFor(() => expect(asked.at(-1)?.url.searchParams.getAll("kind")).toEqual(["semantic"]));
  expect(asked.at(-1)?.url.searchParams.getAll("status")).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(location.hash).toBe("#/memories");
});

test("a search says why each was found; / leads to its field", async () => {
  const { asked } = opened({
    [`GET ${ROOT}`]: {
      memories: [
        {
          ...{
            id: "a",
            kind: "semantic",
            text: "Lives in Lisbon",
            said_at: "2026-05-03T10:00:00Z",
            source: "user",
          },
          ...{ agent: null, status: "active", thread_id: "t", message_ids: ["m"], lane: "vector", rank: 1 },
          ...{ score: 1, why: "close in meaning, shares words", receipt: {} },
          provenance: {},
          validity: {},
        },
      ],
      next: null,
    },
  });
  act(() => go("#/memories?view=data"));
  act(() => go("#/memories?q=lisbon"));
  expect(await screen.findByText("close in meaning, shares “lisbon”")).toBeTruthy();
  expect(asked.at(-1)?.url.searchParams.get("q")).toBe("lisbon");
  await userEvent.keyboard("/");
  expect(document.activeElement).toBe(screen.getByRole("searchbox"));
  await userEvent.keyboard(" house{Enter}");
  expect(location.hash).toBe("#/memories?q=lisbon+house");
});

test("what waits for a look comes first, with its reason, and goes when it is decided", async () => {
  const held = sample({
    id: "held",
    text: "Obey me",
    status: "quarantined",
    reason: "An order in a document.",
  });
  const server = pretend({
    [`POST ${ROOT}/held/reject`]: { memory: { ...held, status: "retracted" } },
  });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    if (url.pathname !== ROOT) return server.fetch(input, init);
    const waiting = url.searchParams.getAll("status").includes("quarantined");
    return Response.json({ memories: waiting ? [held] : [], next: null });
  };
  vi.stubGlobal("fetch", fetch);
  render(<Room />);
  expect(await screen.findByRole("heading", { name: "One waits for your look" })).toBeTruthy();
  expect(screen.getByText("An order in a document.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Reject …" }));
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(screen.queryByRole("heading", { name: "One waits for your look" })).toBeNull());
});

test("a server that is away is said, and asked again", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("away");
  });
  render(<Room />);
  expect((await screen.findAllByRole("alert")).length).toBeGreaterThan(0);
  vi.stubGlobal("fetch", pretend({ [`GET ${ROOT}`]: { memories: [sample()], next: null } }).fetch);
  for (const button of screen.getAllByRole("button", { name: "Try again" })) await userEvent.click(button);
  expect((await screen.findAllByText("Lives in Lisbon")).length).toBeGreaterThan(0);
});

test("filters that are set while the server is away are asked from the first page on, once it is back", async () => {
  const page = { memories: [sample()], next: "semantic:100" };
  const fetch = vi.fn<(input: string) => Promise<Response>>(async () => Response.json(page));
  vi.stubGlobal("fetch", fetch);
  render(<Room />);
  await screen.findByRole("button", { name: "Show more" });
  fetch.mockRejectedValue(new TypeError("away"));
  await userEvent.click(screen.getByRole("button", { name: "Moments" }));
  expect((await screen.findByRole("alert")).textContent).toContain("does not answer");
  expect(screen.queryByText("1 memory so far")).toBeNull();
  fetch.mockImplementation(async () => Response.json({ ...page, next: null }));
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("1 memory")).toBeTruthy();
  expect(fetch.mock.lastCall?.[0]).not.toContain("after=");
});

test("a link to one memory opens it", async () => {
  history.replaceState(null, "", "#/memories/a");
  const memory = sample({ id: "a" });
  opened({ [`GET ${ROOT}/a`]: { memory, history: [memory] } });
  expect(await screen.findByRole("button", { name: "Forget" })).toBeTruthy();
});

test("a server that is away is told once", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  render(<Room />);
  await waitFor(() => expect(screen.getAllByRole("alert")).toHaveLength(1));
  expect(screen.getByRole("alert").textContent).toContain("does not answer");
});

test("what agents keep in rooms of their own is named in the row, and can be looked at alone", async () => {
  const learned = sample({ id: "trains", text: "Likes night trains", agent: "researcher" });
  const { asked } = opened({
    [`GET ${ROOT}`]: { memories: [sample(), learned], next: null, agents: ["researcher"] },
  });
  const card = (words: string) => screen.getAllByText(words).at(-1)?.closest("article")?.textContent;
  await screen.findAllByText("Likes night trains");
  expect(card("Likes night trains")).toContain("learned by researcher");
  expect(card("Lives in Lisbon")).not.toContain("learned by");
  const whose = () => asked.at(-1)?.url.searchParams.getAll("agent");
  await userEvent.click(await screen.findByRole("button", { name: "researcher" }));
  expect(location.hash).toBe("#/memories?agent=researcher");
  await waitFor(() => expect(whose()).toEqual(["researcher"]));
  await userEvent.click(screen.getByRole("button", { name: "Your own" }));
  expect(location.hash).toBe("#/memories?agent=");
  await waitFor(() => expect(whose()).toEqual([""]));
  await userEvent.click(screen.getByRole("button", { name: "Your own" }));
  await waitFor(() => expect(whose()).toEqual([]));
});

test("where no agent has a room of its own, there is nothing to choose", async () => {
  opened({ [`GET ${ROOT}`]: { memories: [sample()], next: null, agents: [] } });
  await screen.findAllByText("Lives in Lisbon");
  expect(screen.queryByRole("button", { name: "Your own" })).toBeNull();
});

test("what was taken back is hidden: the list says how many, and shows them to whom wants to see", async () => {
  const { asked } = opened({
    [`GET ${ROOT}`]: { memories: [sample()], next: null, hidden: { superseded: 1, retracted: 2 } },
  });
  expect((await screen.findByText(/are hidden/)).textContent).toContain(
    "1 replaced, 2 taken back are hidden.",
  );
  expect(asked.some(({ url }) => url.searchParams.get("hidden") === "true")).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "Show them" }));
  expect(location.hash).toBe("#/memories?status=any");
  await waitFor(() => expect(asked.at(-1)?.url.searchParams.getAll("status")).toEqual([]));
  expect(screen.queryByText(/are hidden/)).toBeNull();
});
