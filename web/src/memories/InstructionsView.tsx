/** How the user wants things done: what waits, what is in force, what was, with versions to go back to. */

import { useCallback, useEffect, useState } from "react";
import { listProcedures, type Procedures } from "../api/procedures";
import type { Status } from "../api/status";
import { useStatus } from "../app/status";
import { Failure } from "../parts/Failure";
import { Instruction } from "./Instruction";
import { groupsOf } from "./instructions";
import { sentence } from "./useAct";

const TAKEN: Record<Status["procedures"], string> = {
  ask: "Nothing is followed before you said yes.",
  auto: "What you wish for in your own words is followed at once.",
  off: "This server takes no new ones.",
};

export function InstructionsView() {
  const [found, setFound] = useState<Procedures | null>(null);
  const [failed, setFailed] = useState("");
  const { procedures } = useStatus();
  const look = useCallback(() => {
    setFailed("");
    listProcedures(true).then(setFound, (error) => setFailed(sentence(error)));
  }, []);
  useEffect(look, [look]);
  if (failed) return <Failure sentence={failed} again={look} />;
  if (!found) return <p className="soft">One moment …</p>;
  const groups = groupsOf(found.procedures);
  return (
    <div className="sheets">
      <p className="soft">
        What you wish for in every conversation. {TAKEN[procedures]}{" "}
        {found.in_force > 0 && `${found.in_force} of at most ${found.most_in_force} are in force.`}
      </p>
      {!found.procedures.length && (
        <p className="empty">
          There is none yet. Say how you like things, such as “Please always answer in bullet points.”
        </p>
      )}
      {groups.map(({ title, all }) => (
        <section key={title} className="rows" aria-label={title}>
          <h2>{title}</h2>
          {all.map((each) => (
            <Instruction key={each.shown.id} shown={each.shown} versions={each.versions} onChange={look} />
          ))}
        </section>
      ))}
    </div>
  );
}
