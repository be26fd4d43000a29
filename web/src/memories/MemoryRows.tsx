/** Pages of memories one below the other, laid out only near to what is in sight; arrows go from one to the next. */

import { type KeyboardEvent, memo, useCallback, useRef } from "react";
import type { Memory } from "../api/memories";
import { MemoryCard } from "./MemoryCard";
import type { Page, Row } from "./useMemories";

type Changed = (next: Memory | null, before: Memory) => void;
type Props = { pages: Page[]; onChange: Changed; label?: string; stale?: boolean };

export function MemoryRows({ pages, onChange, label = "Memories", stale = false }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const changed = useCallback<Changed>(
    (next, before) => {
      const neighbour = list.current && neighbourOf(list.current, before.id);
      onChange(next, before);
      // Where the card went with the button that was pressed, the next one goes on.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) neighbour?.focus();
      });
    },
    [onChange],
  );
  return (
    <div
      ref={list}
      className="rows"
      onKeyDown={arrows}
      role="feed"
      aria-label={label}
      aria-busy={stale}
      inert={stale}
    >
      {pages.map(({ start, rows }) => (
        <div key={start} className="chunk rows">
          <Chunk rows={rows} onChange={changed} />
        </div>
      ))}
    </div>
  );
}

const Chunk = memo(function Chunk({ rows, onChange }: { rows: Row[]; onChange: Changed }) {
  return rows.map((row) => (
    <MemoryCard key={row.key} memory={row.memory} why={row.why} onChange={onChange} />
  ));
});

const stopsIn = (list: HTMLElement) => [...list.querySelectorAll<HTMLElement>(".more")];

function neighbourOf(list: HTMLElement, id: string): HTMLElement | undefined {
  const stops = stopsIn(list);
  const here = stops.findIndex((stop) => stop.closest("article")?.dataset.memory === id);
  return here < 0 ? undefined : (stops[here + 1] ?? stops[here - 1]);
}

/** Up and down between the cards' buttons; in a field, arrows stay what they are. */
function arrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const from = event.target;
  if (!(from instanceof HTMLElement) || from.matches("input, textarea, select")) return;
  const stops = stopsIn(event.currentTarget);
  const here = stops.findIndex((stop) => stop.closest("article")?.contains(from));
  const next = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
