/** What a memory rests on, word for word, with the way to the very message. */

import type { Memory } from "../api/memories";
import { address } from "../app/route";
import { exact } from "../parts/time";
import { hasEvidence, waits } from "./words";

/** A summary of one short message only repeats it. */
function tellsMore(summary: string, text: string): boolean {
  return summary !== "" && !text.includes(summary.replace(/^[^:]{1,80} said: /, ""));
}

/** `here`: whether its conversation can be opened, once that is known. */
export function MemoryEvidence({ memory, here }: { memory: Memory; here?: boolean }) {
  const { provenance, reason, summary, kind } = memory;
  const quote = kind === "episodic" || provenance.quote === memory.text ? "" : provenance.quote;
  return (
    <div className="evidence small">
      {quote && <blockquote dir="auto">{quote}</blockquote>}
      {tellsMore(summary, memory.text) && <p dir="auto">In short: {summary}</p>}
      <p className="soft">
        {exact(provenance.said_at)}
        {hasEvidence(memory) && here === false && " · its conversation is not on this server"}
        {hasEvidence(memory) && here && (
          <>
            {" · "}
            <a href={address("c", provenance.thread_id, { message: provenance.message_ids[0] ?? "" })}>
              See it in the conversation
            </a>
          </>
        )}
      </p>
      {reason && !waits(memory) && !memory.undone && reason !== memory.looks?.at(-1)?.reason && (
        <p className="soft" dir="auto">
          {reason}
        </p>
      )}
    </div>
  );
}
