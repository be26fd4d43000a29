/** One conversation in time: its steps as a strip, the state at each, what differs between two, and the ways back. */

import { useCallback, useMemo, useState } from "react";
import { MOST_STEPS, readHistory, type Step } from "../api/timeline";
import { address, go, type Place } from "../app/route";
import { Failure } from "../parts/Failure";
import { useAsked } from "../parts/useAsked";
import { asKept } from "./asKept";
import { Compare } from "./Compare";
import { LastTurn } from "./LastTurn";
import { PointPanel } from "./PointPanel";
import { Strip } from "./Strip";
import { allPoints, stretches } from "./steps";
import "./timeline.css";

/** A dozen turns; each step that is told of costs the server a read of the state behind it. */
const FIRST = 60;

export default function TimeRoom({ place }: { place: Place }) {
  const thread = place.id;
  return (
    <main className="time">
      <header className="row time-head">
        <h1>Time travel</h1>
        {thread && <a href={address("c", thread)}>Back to the conversation</a>}
      </header>
      {thread ? (
        <OfThread key={thread} thread={thread} asked={place.asked} />
      ) : (
        <p className="soft">
          This shows how a conversation came about. Open a <a href={address("c")}>conversation</a>, and then
          its time travel.
        </p>
      )}
    </main>
  );
}

function OfThread({ thread, asked }: { thread: string; asked: URLSearchParams }) {
  const [limit, setLimit] = useState(FIRST);
  const question = useCallback(
    async (signal: AbortSignal) => asKept(await readHistory(thread, limit, signal), signal),
    [thread, limit],
  );
  const { answer, failed, again } = useAsked(question);
  const [steps, setSteps] = useState<Step[] | null>(null);
  // While more is read, what was read stays.
  if (answer && answer !== steps) setSteps(answer);
  const found = useMemo(() => stretches(steps ?? []), [steps]);
  const points = allPoints(found);
  const wanted = asked.get("at") ?? asked.get("after");
  const chosen = points.find((point) => point.id === wanted) ?? points.at(-1);
  const marks = { before: asked.get("before") ?? "", after: asked.get("after") ?? "" };

  const choose = (next: { at?: string; before?: string; after?: string }) => {
    const all = { at: chosen?.id ?? "", ...marks, ...next };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value));
    go(address("time", thread, kept), true);
  };

  if (failed && !steps) return <Failure sentence={failed} again={again} />;
  if (!steps) return <p className="soft">One moment …</p>;
  if (!chosen) return <p className="soft">Nothing was said in this conversation yet.</p>;
  const newest = points.at(-1)?.id === chosen.id;
  return (
    <>
      {failed && <Failure sentence={failed} again={again} />}
      <LastTurn
        thread={thread}
        canUndo={points.length > 1}
        onDone={() => {
          choose({ at: "" });
          again();
        }}
      />
      <Strip
        stretches={found}
        chosen={chosen.id}
        marks={marks}
        onChoose={(at) => choose({ at })}
        onEarlier={
          steps.length >= limit && limit < MOST_STEPS ? () => setLimit(Math.min(limit * 3, MOST_STEPS)) : null
        }
      />
      {marks.before && marks.after && (
        <Compare
          thread={thread}
          before={marks.before}
          after={marks.after}
          names={(id) => points.find((point) => point.id === id)}
          onEnd={() => choose({ before: "", after: "" })}
          onSwap={() => choose({ before: marks.after, after: marks.before })}
        />
      )}
      <PointPanel thread={thread} point={chosen} newest={newest} marks={marks} onMark={choose} />
    </>
  );
}
