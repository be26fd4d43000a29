/** Of the newest turns what was kept of what was said, what was not, and why. */

import { useCallback, useEffect, useState } from "react";
import { openClient } from "../api/client";
import { messageOf, readDecisions, type TurnDecisions } from "../api/decisions";
import { thatAreHere } from "../api/threads";
import { address } from "../app/route";
import { Failure } from "../parts/Failure";
import { LoadMore } from "../parts/LoadMore";
import { Time } from "../parts/Time";
import { useAsked } from "../parts/useAsked";
import { DecisionList } from "./DecisionList";
import { notKept } from "./decided";

const STEP = 50;
const MOST = 500;

export function DecisionsView() {
  const [limit, setLimit] = useState(STEP);
  const [only, setOnly] = useState(false);
  const [read, setRead] = useState<TurnDecisions[] | null>(null);
  const question = useCallback((signal: AbortSignal) => readDecisions({ limit }, signal), [limit]);
  const { answer, failed, again } = useAsked(question);
  // While more is read, what was read stays.
  if (answer && answer !== read) setRead(answer);
  const here = useHere(read);
  if (failed && !read) return <Failure sentence={failed} again={again} />;
  if (!read) return <p className="soft">One moment …</p>;
  const turns = only ? notKept(read) : read;
  return (
    <div className="sheets">
      <p className="soft">What became of what was said in the newest turns, and why.</p>
      <label className="small">
        <input type="checkbox" checked={only} onChange={(event) => setOnly(event.target.checked)} /> Only what
        was not kept
      </label>
      {failed && <Failure sentence={failed} again={again} />}
      {turns.map((turn) => (
        <section key={`${turn.agent}:${turn.turn}`} className="card decidedturn">
          <p className="soft small">
            <Time at={turn.at} />
            {turn.agent && (
              <>
                {" · by "}
                <bdi>{turn.agent}</bdi>
              </>
            )}
            {here.has(turn.thread_id) && (
              <>
                {" · "}
                <a href={address("c", turn.thread_id, { message: messageOf(turn) })}>
                  See it in the conversation
                </a>
              </>
            )}
          </p>
          <DecisionList decisions={turn.decisions} leftOut={only ? 0 : turn.left_out} />
        </section>
      ))}
      {!turns.length && (
        <p className="empty">{only ? "All of it was kept." : "Nothing has been decided yet."}</p>
      )}
      {read.length >= limit && limit < MOST && (
        <LoadMore busy={read !== answer} onMore={() => setLimit(Math.min(limit + STEP, MOST))} />
      )}
    </div>
  );
}

/** The conversations that can be opened. */
function useHere(turns: TurnDecisions[] | null): ReadonlySet<string> {
  const [here, setHere] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!turns?.length) return;
    const asked = new AbortController();
    const ids = [...new Set(turns.map((turn) => turn.thread_id))];
    thatAreHere(openClient(), ids, asked.signal).then(setHere, () => undefined);
    return () => asked.abort();
  }, [turns]);
  return here;
}
