/** All that is remembered: to search, filter, look at in time, correct, take along and erase. */

import { type ReactNode, useCallback, useMemo } from "react";
import { address, go, type Place } from "../app/route";
import { BelongingsView } from "./BelongingsView";
import { DecisionsView } from "./DecisionsView";
import { FilterBar } from "./FilterBar";
import { type Filters, readFilters, type View, writeFilters } from "./filters";
import { InstructionsView } from "./InstructionsView";
import { ListView } from "./ListView";
import { OneMemory } from "./OneMemory";
import { SharingView } from "./SharingView";
import { TimelineView } from "./TimelineView";
import "./chips.css";
import "./memories.css";

const NAMES: [View, string][] = [
  ["list", "All"],
  ["timeline", "Timeline"],
  ["instructions", "Instructions"],
  ["decisions", "Decisions"],
  ["sharing", "Sharing"],
  ["data", "Your data"],
];

export default function MemoriesRoom({ place }: { place: Place }) {
  const asked = place.asked.toString();
  const filters = useMemo(() => readFilters(new URLSearchParams(asked)), [asked]);
  const set = useCallback((next: Filters) => go(address("memories", "", writeFilters(next)), true), []);
  return (
    <main className="memories">
      <div className="sheet">
        <h1>Memories</h1>
        {place.id ? (
          <OneMemory id={place.id} />
        ) : (
          <>
            <nav className="views" aria-label="Views of your memories">
              {NAMES.map(([view, name]) => (
                <a
                  key={view}
                  href={address("memories", "", writeFilters({ ...filters, view }))}
                  aria-current={filters.view === view ? "page" : undefined}
                >
                  {name}
                </a>
              ))}
            </nav>
            {viewOf(filters, set)}
          </>
        )}
      </div>
    </main>
  );
}

function viewOf(filters: Filters, set: (next: Filters) => void): ReactNode {
  switch (filters.view) {
    case "instructions":
      return <InstructionsView />;
    case "decisions":
      return <DecisionsView />;
    case "sharing":
      return <SharingView />;
    case "data":
      return <BelongingsView />;
    default:
      return (
        <>
          <FilterBar filters={filters} onFilters={set} />
          {filters.view === "timeline" ? (
            <TimelineView filters={filters} />
          ) : (
            <ListView filters={filters} onFilters={set} />
          )}
        </>
      );
  }
}
