/** All memories as a list, or what a search found; what waits for a look comes first. */

import type { Hidden } from "../api/memories";
import { Failure } from "../parts/Failure";
import { LoadMore } from "../parts/LoadMore";
import { countFilters, type Filters } from "./filters";
import { MemoryRows } from "./MemoryRows";
import { useMemories } from "./useMemories";
import { WaitingList } from "./WaitingList";
import { hiddenWords } from "./words";

/** With these the list itself shows what waits. */
const WAITING = new Set<Filters["status"]>(["quarantined", "proposed", "any"]);

type Props = { filters: Filters; onFilters(next: Filters): void };

export function ListView({ filters, onFilters }: Props) {
  const { pages, next, count, hidden, busy, stale, failed, more, again, changed } = useMemories(filters);
  const searching = Boolean(filters.q.trim());
  return (
    <>
      {!searching && !WAITING.has(filters.status) && <WaitingList away={Boolean(failed)} onDecided={again} />}
      <div className="row small soft">
        <span role="status">
          {pages.length ? told(count, next !== null, searching) : busy && "Reading …"}
        </span>
        {filters.status === "active" && hiddenWords(hidden) && (
          <span>
            {hiddenWords(hidden)} {sum(hidden) === 1 ? "is" : "are"} hidden.{" "}
            <button
              className="button quiet small"
              type="button"
              onClick={() => onFilters({ ...filters, status: "any" })}
            >
              Show {sum(hidden) === 1 ? "it" : "them"}
            </button>
          </span>
        )}
        <span className="hint">/ to search, ↑ ↓ from one to the next</span>
      </div>
      {failed && <Failure sentence={failed} again={again} />}
      <MemoryRows pages={pages} onChange={changed} stale={stale} />
      {!count && !busy && !failed && <Nothing filters={filters} />}
      {next && !failed && <LoadMore busy={busy} onMore={more} />}
    </>
  );
}

const sum = (hidden: Hidden) => Object.values(hidden).reduce((all, each) => all + each, 0);

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
