/** Pages of memories one below the other, laid out only near to what is in sight; arrows go from one to the next. */

import { type KeyboardEvent, memo } from "react";
import type { Memory } from "../api/memories";
import { MemoryCard } from "./MemoryCard";
import type { Page, Row } from "./useMemories";

type Changed = (next: Memory | null, before: Memory) => void;

export function MemoryRows({ pages, onChange }: { pages: Page[]; onChange: Changed }) {
  return (
    <div className="rows" onKeyDown={arrows} role="feed" aria-label="Memories">
      {pages.map(({ start, rows }) => (
        <div key={start} className="chunk rows">
          <Chunk rows={rows} onChange={onChange} />
        </div>
      ))}
    </div>
  );
}

const Chunk = memo(function Chunk({ rows, onChange }: { rows: Row[]; onChange: Changed }) {
  return rows.map((row) => (
    <MemoryCard key={row.memory.id} memory={row.memory} why={row.why} onChange={onChange} />
  ));
});

/** Up and down between the cards' buttons; in a field, arrows stay what they are. */
function arrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const from = event.target;
  if (!(from instanceof HTMLElement) || from.matches("input, textarea, select, [type=radio]")) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(".more")];
  const here = stops.findIndex((stop) => stop.closest("article")?.contains(from));
  const next = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
