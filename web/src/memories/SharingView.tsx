/** Who else may read or write the user's memories: to see, to end, to allow. */

import { useCallback, useEffect, useState } from "react";
import { type Grant, listGrants, revokeGrant } from "../api/grants";
import { Failure } from "../parts/Failure";
import { Time } from "../parts/Time";
import { GiveGrant } from "./GiveGrant";
import { grantKey, grantWords } from "./grantWords";
import { sentence, useAct } from "./useAct";

export function SharingView() {
  const [grants, setGrants] = useState<Grant[] | null>(null);
  const [unread, setUnread] = useState("");
  const { busy, failed, run } = useAct();
  const look = useCallback(() => {
    setUnread("");
    listGrants().then(setGrants, (error) => setUnread(sentence(error)));
  }, []);
  useEffect(look, [look]);
  return (
    <div className="sheets">
      <section className="card" aria-labelledby="others">
        <h2 id="others">Who else may look</h2>
        {unread && <Failure sentence={unread} again={look} />}
        {grants?.length === 0 && <p className="soft">Nobody but you and your own agent.</p>}
        {grants && grants.length > 0 && (
          <ul className="plain">
            {grants.map((grant) => (
              <li key={grantKey(grant)} className="row">
                <span className="wide">
                  <bdi>{grantWords(grant)}</bdi>
                  {grant.until && (
                    <span className="soft">
                      {grant.holds ? ", until " : ", which ended "}
                      <Time at={grant.until} />
                    </span>
                  )}
                </span>
                <button
                  className="button small bad"
                  type="button"
                  disabled={busy}
                  aria-label={`Revoke: ${grantWords(grant)}`}
                  onClick={() => run(() => revokeGrant(grant).then(look))}
                >
                  Revoke
                </button>
              </li>
            ))}
          </ul>
        )}
        {failed && (
          <p className="alert" role="alert">
            {failed}
          </p>
        )}
      </section>
      <GiveGrant onGiven={look} />
    </div>
  );
}
