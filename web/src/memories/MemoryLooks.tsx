/** What a person did with a memory when they looked at it, with when and why, the earliest first. */

import type { Look } from "../api/memories";
import { keyed } from "../parts/keyed";
import { Time } from "../parts/Time";

const DID: Record<Look["did"], string> = {
  retracted: "Taken back",
  restored: "Brought back",
  approved: "Approved",
  rejected: "Rejected",
};

export function MemoryLooks({ looks }: { looks: Look[] }) {
  if (!looks.length) return null;
  return (
    <section className="small" aria-label="What was done with it by hand">
      <h3>By hand</h3>
      <ul className="history">
        {keyed(looks, ({ at, did }) => `${at}:${did}`).map(({ key, item: { at, did, reason } }) => (
          <li key={key}>
            {DID[did]}{" "}
            <span className="soft">
              <Time at={at} />
              {reason && reason !== `${DID[did]} by a person.` && (
                <>
                  : <bdi>{reason}</bdi>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
