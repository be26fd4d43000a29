/** Why something of a turn was or was not kept: asked for when it is opened. */

import { useCallback, useState } from "react";
import { readDecisions, turnName } from "../api/decisions";
import { DecisionList } from "../memories/DecisionList";
import { useForgotten } from "../memories/forgotten";
import { Failure } from "../parts/Failure";
import { useAsked } from "../parts/useAsked";

export function Decided({ thread, message }: { thread: string; message: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="morerows" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="small">What was decided, and why</summary>
      {open && <Opened turn={turnName(thread, message)} />}
    </details>
  );
}

function Opened({ turn }: { turn: string }) {
  const forgotten = useForgotten();
  const question = useCallback(
    (signal: AbortSignal) => {
      // The words of what was forgotten went from there as well.
      void forgotten;
      return readDecisions({ turn }, signal);
    },
    [turn, forgotten],
  );
  const { answer, failed, again } = useAsked(question);
  if (failed) return <Failure sentence={failed} again={again} />;
  if (!answer) return <p className="soft small">One moment …</p>;
  if (!answer.length) return <p className="soft small">Nothing was to be decided.</p>;
  return answer.map((each) => (
    <DecisionList key={each.agent} decisions={each.decisions} leftOut={each.left_out} />
  ));
}
