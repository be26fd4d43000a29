/** One memory: what it says, when and who; opened, what it rests on, what it was before, and what can be done. */

import { memo, useId, useState } from "react";
import type { Memory } from "../api/memories";
import { Time } from "../parts/Time";
import { MemoryActions } from "./MemoryActions";
import { MemoryEvidence } from "./MemoryEvidence";
import { MemoryHistory } from "./MemoryHistory";
import { MemoryLooks } from "./MemoryLooks";
import { useMemoryById } from "./memoryById";
import { WaitingFor } from "./WaitingFor";
import { KIND_TITLES, KIND_WORDS, saidBy, standing, waits, wordsOf } from "./words";
import "./card.css";

export type MemoryCardProps = {
  memory: Memory;
  /** What holds now in its place, or null: it is forgotten. */
  onChange(next: Memory | null, before: Memory): void;
  /** Smaller, as beside a conversation. */
  compact?: boolean;
  /** Why it was found, in words. */
  why?: string;
  /** Opened from the start. */
  open?: boolean;
};

export const MemoryCard = memo(function MemoryCard(props: MemoryCardProps) {
  const { memory, onChange, compact = false, why, open = false } = props;
  const [opened, setOpened] = useState(open);
  const [changed, setChanged] = useState<Memory | null>(null);
  const { told, failed, again } = useMemoryById(opened ? memory.id : "");
  const bodyId = useId();
  // A receipt knows less than the memory itself, and an older answer less than the last change.
  const current = [changed, told?.memory].find((each) => each?.id === memory.id) ?? memory;
  const how = standing(current);
  const change = (next: Memory | null) => {
    setChanged(next);
    if (next?.id === memory.id) again();
    onChange(next, current);
  };
  const learner = current.agent || current.provenance.agent;
  const past = current.status !== "active" && !waits(current);
  const looks = `memory ${current.kind}${compact ? " compact" : ""}${past ? " past" : ""}`;
  return (
    <article className={looks} data-memory={memory.id} aria-label={`${KIND_WORDS[current.kind]} in memory`}>
      <p className={opened ? "said" : "said clamped"} dir="auto">
        {wordsOf(current)}
      </p>
      <button
        className="button quiet small more"
        type="button"
        aria-expanded={opened}
        aria-controls={bodyId}
        onClick={() => setOpened(!opened)}
      >
        {opened ? "Close" : "Open"}
      </button>
      <div className="facts small soft">
        <span className={`tag ${current.kind}`} title={KIND_TITLES[current.kind]}>
          {KIND_WORDS[current.kind]}
        </span>
        {how && <span className="tag">{how}</span>}
        {current.pinned && <span className="tag">Pinned</span>}
        <span>
          <bdi>{saidBy(current)}</bdi>, <Time at={current.provenance.said_at} />
          {learner && (
            <>
              {", learned by "}
              <bdi>{learner}</bdi>
            </>
          )}
        </span>
      </div>
      {why && (
        <p className="why small">
          Found because: <bdi>{why}</bdi>
        </p>
      )}
      {waits(current) && <WaitingFor memory={current} onChange={change} />}
      <div id={bodyId} className="body" hidden={!opened}>
        {opened && (
          <>
            <MemoryEvidence memory={current} here={told?.conversation} />
            <MemoryLooks looks={current.looks ?? []} />
            <MemoryHistory history={told?.history ?? []} of={memory.id} failed={failed} again={again} />
            <MemoryActions memory={current} onChange={change} />
          </>
        )}
      </div>
    </article>
  );
});
