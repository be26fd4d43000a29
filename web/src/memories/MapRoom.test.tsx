import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Point } from "../api/map";
import MapRoom from "./MapRoom";
import { pretend, sample } from "./sample";

vi.mock("./layoutInWorker", () => ({
  layOutInWorker: async (rows: number[][]) => rows.map(([x = 0, y = 0]) => [x, y]),
}));
beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});
afterEach(() => vi.unstubAllGlobals());

const HOSTILE = "<img src=x onerror=alert(1)> camping";
const points = Array.from(
  { length: 6 },
  (_, index): Point => ({
    id: `m${index}`,
    kind: index % 2 ? "episodic" : "semantic",
    status: "active",
    text: index ? `camping ${index}` : HOSTILE,
    said_at: "2026-05-03T10:00:00Z",
    importance: 0.5,
    at: [index, 0],
  }),
);

function opened(found: Point[]) {
  const memory = sample({ id: "m0", text: HOSTILE });
  const server = pretend({
    "GET /mnemograph/memories/map": { points: found, dimensions: 2, notes: [] },
    "GET /mnemograph/memories/m0": { memory, history: [memory] },
    "POST /mnemograph/memories/m0/forget": { id: "m0" },
  });
  vi.stubGlobal("fetch", server.fetch);
  return render(<MapRoom />);
}

test("few memories are told of kindly", async () => {
  opened(points.slice(0, 2));
  expect(await screen.findByText(/only 2 memories yet/)).toBeTruthy();
});

test("the list beside the map leads to a memory, as text, and a forgotten one leaves it", async () => {
  const { container } = opened(points);
  const group = await screen.findByRole("button", { name: /camping/ });
  await userEvent.click(group);
  await userEvent.click(screen.getByRole("button", { name: HOSTILE }));
  const chosen = await screen.findByRole("region", { name: "The chosen memory" });
  expect(await within(chosen).findByText(HOSTILE)).toBeTruthy();
  expect(container.querySelector("img")).toBeNull();
  await userEvent.click(within(chosen).getByRole("button", { name: "Forget" }));
  await userEvent.click(screen.getByRole("button", { name: "Forget for good" }));
  expect(await screen.findByText(/^5 memories/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: HOSTILE })).toBeNull();
});

test("a server without vectors says why there is no map", async () => {
  vi.stubGlobal("fetch", async () =>
    Response.json({ detail: "There are no vectors here." }, { status: 409 }),
  );
  render(<MapRoom />);
  expect((await screen.findByRole("alert")).textContent).toContain("There are no vectors here.");
});
