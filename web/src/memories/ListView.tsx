/** All memories as a list, or what a search found; what waits for a look comes first. */

import { Failure } from "../parts/Failure";
import { LoadMore } from "../parts/LoadMore";
import { countFilters, type Filters } from "./filters";
import { MemoryRows } from "./MemoryRows";
import { useMemories } from "./useMemories";
import { WaitingList } from "./WaitingList";

/** With these the list itself shows what waits. */
const WAITING = new Set<Filters["status"]>(["quarantined", "proposed", "any"]);

export function ListView({ filters }: { filters: Filters }) {
  const { pages, next, count, busy, stale, failed, more, again, changed } = useMemories(filters);
  const searching = Boolean(filters.q.trim());
  return (
    <>
      {!searching && !WAITING.has(filters.status) && <WaitingList away={Boolean(failed)} onDecided={again} />}
      <div className="row small soft">
        <span role="status">
          {pages.length ? told(count, next !== null, searching) : busy && "Reading …"}
        </span>
        <span className="hint">/ to search, ↑ ↓ from one to the next</span>
      </div>
      {failed && <Failure sentence={failed} again={again} />}
      <MemoryRows pages={pages} onChange={changed} stale={stale} />
      {!count && !busy && !failed && <Nothing filters={filters} />}
      {next && !failed && <LoadMore busy={busy} onMore={more} />}
    </>
  );
}

function told(count: number, more: boolean, searching: boolean): string {
  const many = count === 1 ? "1 memory" : `${count.toLocaleString()} memories`;
  if (searching) return count ? `${many} found, the most fitting first` : "";
  return `${many}${more ? " so far" : ""}`;
}

function Nothing({ filters }: { filters: Filters }) {
  if (filters.q.trim() || countFilters(filters)) {
    return <p className="empty">Nothing is remembered that fits. Try other words, or clear the filters.</p>;
  }
  return (
    <p className="empty">
      Nothing is remembered yet. Say something about yourself in a conversation, such as “I am allergic to
      peanuts.”
    </p>
  );
}
