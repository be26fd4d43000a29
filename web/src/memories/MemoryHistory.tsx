/** What a memory took the place of, itself, and what took its place, with when. */

import type { ReactNode } from "react";
import type { Memory } from "../api/memories";
import { address } from "../app/route";
import { Failure } from "../parts/Failure";
import { Time } from "../parts/Time";
import { STATUS_WORDS, wordsOf } from "./words";

type Props = { history: Memory[]; of: string; failed: string; again(): void };

export function MemoryHistory({ history, of, failed, again }: Props) {
  if (failed) return <Failure sentence={failed} again={again} />;
  if (history.length < 2) return null;
  return (
    <section className="small" aria-label="History">
      <h3>History</h3>
      <ol className="history">
        {history.map((each) => (
          <li key={each.id} aria-current={each.id === of ? "true" : undefined}>
            <a href={address("memories", each.id)} dir="auto">
              {wordsOf(each)}
            </a>{" "}
            <span className="soft">{stood(each)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stood(memory: Memory): ReactNode {
  const { valid_from, valid_to } = memory.validity;
  if (memory.undone) return "undone with its turn";
  if (memory.status === "retracted") return memory.reason || STATUS_WORDS.retracted;
  // What ended and has no known beginning only has its end.
  if (valid_from === valid_to)
    return (
      <>
        until <Time at={valid_to} />
      </>
    );
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
