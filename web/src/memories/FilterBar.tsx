/** Search and filters: every one is in sight, and kept in the address. */

import { type ReactNode, useId, useState } from "react";
import { KINDS, type MemoryStatus, SOURCES, STATUSES } from "../api/memories";
import { countFilters, type Filters, NOTHING_ASKED, toggled } from "./filters";
import { SearchField } from "./SearchField";
import { useAgents } from "./useAgents";
import { KIND_TITLES, KIND_WORDS, SOURCE_WORDS, STATUS_WORDS } from "./words";

type Props = { filters: Filters; onFilters(next: Filters): void };

export function FilterBar({ filters, onFilters }: Props) {
  const id = useId();
  const [opened, setOpened] = useState(countFilters(filters) > filters.kind.length);
  const agents = useAgents();
  // One that the address names is there to be let go again.
  const names = filters.agent && !agents.includes(filters.agent) ? [...agents, filters.agent] : agents;
  const searching = Boolean(filters.q.trim());
  const set = (changes: Partial<Filters>) => onFilters({ ...filters, ...changes });
  return (
    <section className="filters" aria-label="Search and filters">
      <SearchField asked={filters.q} onAsk={(q) => set({ q })} />
      <div className="row small">
        <Chips label="Kind">
          {KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              className={`chip ${kind}`}
              title={KIND_TITLES[kind]}
              aria-pressed={filters.kind.includes(kind)}
              onClick={() => set({ kind: toggled(filters.kind, kind) })}
            >
              {KIND_WORDS[kind]}s
            </button>
          ))}
        </Chips>
        <button
          className="button quiet small morefilters"
          type="button"
          aria-expanded={opened}
          aria-controls={`${id}rest`}
          onClick={() => setOpened(!opened)}
        >
          {opened ? "Fewer filters" : "More filters"}
        </button>
        <div id={`${id}rest`} className={`rest${opened ? " opened" : ""}`}>
          <Chips label="Who it rests on">
            {SOURCES.map((source) => (
              <button
                key={source}
                type="button"
                className="chip"
                aria-pressed={filters.source.includes(source)}
                onClick={() => set({ source: toggled(filters.source, source) })}
              >
                {SOURCE_WORDS[source]}
              </button>
            ))}
          </Chips>
          {names.length > 0 && (
            <Chips label="Whose room it is in">
              {["", ...names].map((name) => (
                <button
                  key={name}
                  type="button"
                  className="chip"
                  title={name ? "What this agent keeps for itself of you" : "What your own agent keeps"}
                  aria-pressed={filters.agent === name}
                  onClick={() => set({ agent: filters.agent === name ? null : name })}
                >
                  {name ? <bdi>{name}</bdi> : "Your own"}
                </button>
              ))}
            </Chips>
          )}
          <span className="pair">
            <label htmlFor={`${id}status`}>State</label>
            <select
              id={`${id}status`}
              className="field"
              value={filters.status}
              disabled={searching}
              title={searching ? "A search finds what is recalled." : undefined}
              onChange={(event) => set({ status: event.target.value as MemoryStatus | "any" })}
            >
              {STATUSES.map((status) => (
                <option key={status} value={status}>
                  {STATUS_WORDS[status]}
                </option>
              ))}
              <option value="any">Any</option>
            </select>
          </span>
          <span className="pair">
            <label htmlFor={`${id}since`}>From</label>
            <input
              id={`${id}since`}
              className="field"
              type="date"
              value={filters.since}
              max={filters.until || undefined}
              onChange={(event) => set({ since: event.target.value })}
            />
          </span>
          <span className="pair">
            <label htmlFor={`${id}until`}>to</label>
            <input
              id={`${id}until`}
              className="field"
              type="date"
              value={filters.until}
              min={filters.since || undefined}
              onChange={(event) => set({ until: event.target.value })}
            />
          </span>
        </div>
        {countFilters(filters) > 0 && (
          <button
            className="button quiet small"
            type="button"
            onClick={() => onFilters({ ...NOTHING_ASKED, view: filters.view, q: filters.q })}
          >
            Clear filters
          </button>
        )}
      </div>
    </section>
  );
}

function Chips({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className="chips">
      <legend className="unseen">{label}</legend>
      {children}
    </fieldset>
  );
}
