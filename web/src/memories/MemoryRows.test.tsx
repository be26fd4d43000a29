import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { MemoryRows } from "./MemoryRows";
import { sample } from "./sample";
import { replaced } from "./useMemories";

const row = (id: string) => ({ memory: sample({ id, text: id }) });
const pages = [
  { start: 0, rows: [row("a"), row("b")] },
  { start: 2, rows: [row("c")] },
];

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
