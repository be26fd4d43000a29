/** One memory: what it says, when and who; opened, what it rests on, what it was before, and what can be done. */

import { useId, useState } from "react";
import type { Memory } from "../api/memories";
import { Time } from "../parts/Time";
import { MemoryActions } from "./MemoryActions";
import { MemoryEvidence } from "./MemoryEvidence";
import { WaitingFor } from "./WaitingFor";
import { KIND_TITLES, KIND_WORDS, saidBy, standing, waits, wordsOf } from "./words";
import "./card.css";

export type MemoryCardProps = {
  memory: Memory;
  /** What holds now in its place, or null: it is forgotten. */
  onChange(next: Memory | null): void;
  /** Smaller, as beside a conversation. */
  compact?: boolean;
  /** Why it was found, in words. */
  why?: string;
  /** Opened from the start. */
  open?: boolean;
};

export function MemoryCard({ memory, onChange, compact = false, why, open = false }: MemoryCardProps) {
  const [opened, setOpened] = useState(open);
  const bodyId = useId();
  const how = standing(memory);
  const looks = `memory ${memory.kind}${compact ? " compact" : ""}${memory.status === "active" ? "" : " past"}`;
  return (
    <article className={looks} data-memory={memory.id} aria-label={`${KIND_WORDS[memory.kind]} in memory`}>
      <p className="said" dir="auto">
        {wordsOf(memory)}
      </p>
      <p className="facts small soft">
        <span className={`tag ${memory.kind}`} title={KIND_TITLES[memory.kind]}>
          {KIND_WORDS[memory.kind]}
        </span>
        {how && <span className="tag">{how}</span>}
        {memory.pinned && <span className="tag">Pinned</span>}
        <span>
          <bdi>{saidBy(memory)}</bdi>, <Time at={memory.provenance.said_at} />
        </span>
        {why && <span className="why">Found: {why}</span>}
        <button
          className="button quiet small more"
          type="button"
          aria-expanded={opened}
          aria-controls={bodyId}
          onClick={() => setOpened(!opened)}
        >
          {opened ? "Close" : "Open"}
        </button>
      </p>
      {waits(memory) && <WaitingFor memory={memory} onChange={onChange} />}
      <div id={bodyId} hidden={!opened}>
        {opened && (
          <>
            <MemoryEvidence key={memory.status} memory={memory} />
            <MemoryActions memory={memory} onChange={onChange} />
          </>
        )}
      </div>
    </article>
  );
}
