/** A bar for each month; pressing one shows that month alone, and pressing it again all. */

import { useEffect, useMemo, useRef } from "react";
import type { Filters } from "./filters";
import { bounds, type Month, monthName, months, namedMonths } from "./inTime";
import type { Row } from "./useMemories";
import { useSize } from "./useSize";

type Props = { rows: Row[]; filters: Filters; onFilters(changes: Partial<Filters>): void };

export function Months({ rows, filters, onFilters }: Props) {
  const found = useMemo(() => months(rows, filters.by), [rows, filters.by]);
  if (found.length < 2 && !filters.since) return null;
  return <Bars found={found} filters={filters} onFilters={onFilters} />;
}

type BarsProps = { found: Month[] } & Omit<Props, "rows">;

function Bars({ found, filters, onFilters }: BarsProps) {
  const list = useRef<HTMLOListElement>(null);
  const count = found.length;
  const { width } = useSize(list);
  const names = namedMonths(count, width);
  useEffect(() => {
    // The latest months are in sight, as more of them come too.
    if (count && list.current) list.current.scrollLeft = list.current.scrollWidth;
  }, [count]);
  const most = Math.max(...found.map((each) => each.count), 1);
  return (
    <ol className="months" aria-label="Months" ref={list}>
      {found.map(({ month, count }, index) => {
        const span = bounds(month);
        const only = filters.since === span.since && filters.until === span.until;
        return (
          <li key={month}>
            <button
              type="button"
              aria-pressed={only}
              aria-label={`${monthName(month)}: ${count}`}
              title={`${monthName(month)}: ${count}`}
              onClick={() => onFilters(only ? { since: "", until: "" } : span)}
            >
              <span className="bar" style={{ height: `${Math.max(2, Math.round((count / most) * 100))}%` }} />
            </button>
            {names[index] && (
              <span className="soft" aria-hidden="true">
                {monthName(month, "short")}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
