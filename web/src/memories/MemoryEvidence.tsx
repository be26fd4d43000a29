/** What a memory rests on, word for word, with the way to the very message; and what it was before and after. */

import type { Memory } from "../api/memories";
import { address } from "../app/route";
import { Time } from "../parts/Time";
import { useMemoryById } from "./memoryById";
import { hasEvidence, STATUS_WORDS, saidBy, wordsOf } from "./words";

export function MemoryEvidence({ memory }: { memory: Memory }) {
  const { provenance, reason, summary, kind } = memory;
  const quote = provenance.quote || (kind === "episodic" ? "" : memory.detail);
  return (
    <div className="evidence small">
      {quote && <blockquote dir="auto">{quote}</blockquote>}
      {summary && <p dir="auto">In short: {summary}</p>}
      <p className="soft">
        <bdi>{saidBy(memory)}</bdi> · <Time at={provenance.said_at} />
        {provenance.agent && (
          <>
            {" · learned by "}
            <bdi>{provenance.agent}</bdi>
          </>
        )}
        {hasEvidence(memory) && (
          <>
            {" · "}
            <a href={address("c", provenance.thread_id, { message: provenance.message_ids[0] ?? "" })}>
              See it in the conversation
            </a>
          </>
        )}
      </p>
      {reason && memory.status !== "quarantined" && memory.status !== "proposed" && (
        <p className="soft" dir="auto">
          {reason}
        </p>
      )}
      <History memory={memory} />
    </div>
  );
}

function History({ memory }: { memory: Memory }) {
  const { told, failed, again } = useMemoryById(memory.id);
  if (failed) {
    return (
      <p className="alert" role="alert">
        {failed}{" "}
        <button className="button small" type="button" onClick={again}>
          Try again
        </button>
      </p>
    );
  }
  if (!told || told.history.length < 2) return null;
  return (
    <section aria-label="History">
      <h3>History</h3>
      <ol className="history">
        {told.history.map((each) => (
          <li key={each.id} aria-current={each.id === memory.id ? "true" : undefined}>
            <a href={address("memories", each.id)} dir="auto">
              {wordsOf(each)}
            </a>
            <span className="soft"> {stood(each)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stood(memory: Memory) {
  const { valid_from, valid_to } = memory.validity;
  if (memory.status === "retracted") return memory.reason || STATUS_WORDS.retracted;
  return (
    <>
      since <Time at={valid_from} />
      {valid_to && (
        <>
          , until <Time at={valid_to} />
        </>
      )}
    </>
  );
}
