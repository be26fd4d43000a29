/** What one step did, the state behind it, and what can be done from there. */

import { useState } from "react";
import { forkAt } from "../api/timeline";
import { address, go } from "../app/route";
import { Time } from "../parts/Time";
import { sentenceOf } from "../parts/useAsked";
import { Lines } from "./Lines";
import { StateView } from "./StateView";
import type { Point } from "./steps";

type Props = {
  thread: string;
  point: Point;
  newest: boolean;
  marks: { before: string; after: string };
  onMark(next: { before?: string; after?: string }): void;
};

export function PointPanel({ thread, point, newest, marks, onMark }: Props) {
  return (
    <section className="point" aria-labelledby="point-name">
      <div className="card point-step">
        <h2 id="point-name">{point.name}</h2>
        <p className="small soft">
          <Time at={point.at} />
          {newest && " · this is how it stands now"}
          {point.aside && " · the conversation went on without this"}
        </p>
        <Lines lines={point.lines} />
        <GoOn thread={thread} checkpoint={point.id} />
        <fieldset className="row small">
          <legend className="unseen">Compare</legend>
          <Mark name="A" at={point.id} marked={marks.before} onMark={(before) => onMark({ before })} />
          <Mark name="B" at={point.id} marked={marks.after} onMark={(after) => onMark({ after })} />
          {Boolean(marks.before) !== Boolean(marks.after) && (
            <span className="soft">Now choose another step, and compare.</span>
          )}
        </fieldset>
      </div>
      <StateView thread={thread} checkpoint={point.id} />
    </section>
  );
}

type MarkProps = { name: "A" | "B"; at: string; marked: string; onMark(id: string): void };

function Mark({ name, at, marked, onMark }: MarkProps) {
  const is = marked === at;
  return (
    <button className="button small" type="button" aria-pressed={is} onClick={() => onMark(is ? "" : at)}>
      {name === "A" ? "Compare from here (A)" : "Compare to here (B)"}
    </button>
  );
}

function GoOn({ thread, checkpoint }: { thread: string; checkpoint: string }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const fork = async () => {
    setBusy(true);
    setFailed("");
    try {
      const { thread_id } = await forkAt(thread, checkpoint);
      go(address("c", thread_id));
    } catch (error) {
      setFailed(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <>
      <button className="button main" type="button" disabled={busy} onClick={fork}>
        {busy ? "One moment …" : "Go on from here"}
      </button>
      <p className="small soft">
        In a new conversation that begins with this state; this one stays as it is.
      </p>
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
    </>
  );
}
