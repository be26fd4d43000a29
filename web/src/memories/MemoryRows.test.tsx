import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useCallback, useState } from "react";
import { expect, test, vi } from "vitest";
import type { Memory } from "../api/memories";
import { MemoryRows } from "./MemoryRows";
import { pretend, sample } from "./sample";
import { replaced } from "./useMemories";

const row = (id: string) => ({ key: id, memory: sample({ id, text: id }) });
const pages = [
  { start: 0, rows: [row("a"), row("b")] },
  { start: 2, rows: [row("c")] },
];

function List() {
  const [held, setHeld] = useState(pages);
  const change = useCallback((next: Memory | null, before: Memory) => {
    setHeld((now) => replaced(now, next, before));
  }, []);
  return <MemoryRows pages={held} onChange={change} />;
}

test("arrows go from one memory to the next, over the pages too", async () => {
  render(<MemoryRows pages={pages} onChange={() => {}} />);
  const stops = screen.getAllByRole("button", { name: "Open" });
  stops[0]?.focus();
  await userEvent.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}");
  expect(document.activeElement).toBe(stops[2]);
  await userEvent.keyboard("{ArrowUp}");
  expect(document.activeElement).toBe(stops[1]);
});

test("what changed is put in its place, and only its page is another", () => {
  const next = sample({ id: "d", text: "d" });
  const after = replaced(pages, next, sample({ id: "a" }));
  expect(after[0]?.rows.map(({ memory }) => memory.id)).toEqual(["d", "b"]);
  expect(after[1]).toBe(pages[1]);
  expect(replaced(pages, null, sample({ id: "c" }))[1]?.rows).toEqual([]);
});

test("where a card goes, the next one goes on; after an edit, its own buttons", async () => {
  const a = sample({ id: "a", text: "a" });
  const edited = sample({ id: "a2", text: "a, and more" });
  const server = pretend({
    "GET /mnemograph/memories/a": { memory: a, history: [a] },
    "GET /mnemograph/memories/a2": { memory: edited, history: [a, edited] },
    "POST /mnemograph/memories/a/edit": { memory: edited },
    "POST /mnemograph/memories/a2/forget": { id: "a2" },
  });
  vi.stubGlobal("fetch", server.fetch);
  render(<List />);
  await userEvent.click(screen.getAllByRole("button", { name: "Open" })[0] as HTMLElement);
  await userEvent.click(screen.getByRole("button", { name: "Edit" }));
  await userEvent.keyboard(", and more");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("region", { name: "History" })).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Edit" }));
  await userEvent.click(screen.getByRole("button", { name: "Forget" }));
  await userEvent.click(screen.getByRole("button", { name: "Forget for good" }));
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getAllByRole("button", { name: "Open" })[0]),
  );
  vi.unstubAllGlobals();
});
