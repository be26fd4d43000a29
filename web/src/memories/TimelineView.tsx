/** Memories in time: a bar for each month, and day by day what was said or began to hold. */

import { useMemo, useState } from "react";
import { address, go } from "../app/route";
import { Failure } from "../parts/Failure";
import { LoadMore } from "../parts/LoadMore";
import { type Filters, writeFilters } from "./filters";
import { dayName, days, sorted } from "./inTime";
import { MemoryCard } from "./MemoryCard";
import { Months } from "./Months";
import { MOST, useAll } from "./useAll";

const STEP = 150;

export function TimelineView({ filters }: { filters: Filters }) {
  const { pages, done, cut, failed, again, changed } = useAll(filters);
  const [shown, setShown] = useState(STEP);
  const rows = useMemo(
    () =>
      sorted(
        pages.flatMap((page) => page.rows),
        filters.by,
      ),
    [pages, filters.by],
  );
  const groups = useMemo(() => days(rows.slice(0, shown), filters.by), [rows, shown, filters.by]);
  const set = (changes: Partial<Filters>) =>
    go(address("memories", "", writeFilters({ ...filters, ...changes })), true);
  return (
    <>
      <fieldset className="row small by">
        <legend className="unseen">Which time</legend>
        {(["said", "holds"] as const).map((by) => (
          <label key={by}>
            <input type="radio" name="by" checked={filters.by === by} onChange={() => set({ by })} />{" "}
            {by === "said" ? "When it was said" : "Since when it holds"}
          </label>
        ))}
      </fieldset>
      <p className="small soft" role="status">
        {done
          ? `${rows.length.toLocaleString()} in time${cut ? `: the first ${MOST.toLocaleString()}` : ""}`
          : `Reading … ${rows.length.toLocaleString()} so far`}
      </p>
      {failed && <Failure sentence={failed} again={again} />}
      <Months rows={rows} filters={filters} onFilters={set} />
      {done && !rows.length && !failed && <p className="empty">Nothing is remembered of this time.</p>}
      <div className="timeline">
        {groups.map((group) => (
          <section key={group.day} aria-labelledby={`day${group.day}`}>
            <h2 className="day" id={`day${group.day}`}>
              {dayName(group.day)}
            </h2>
            {group.rows.map((row) => (
              <MemoryCard key={row.key} memory={row.memory} why={row.why} onChange={changed} compact />
            ))}
          </section>
        ))}
      </div>
      {shown < rows.length && <LoadMore busy={false} onMore={() => setShown((now) => now + STEP)} />}
    </>
  );
}
