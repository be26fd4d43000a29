/** Who is signed in, and the way out; nothing where nobody has to sign in. */

import { useEffect } from "react";
import { readKey } from "../api/key";
import { Icon } from "../parts/Icon";
import { letGo, watchLeaving } from "./leaving";
import { address } from "./route";
import { useStatus } from "./status";

export function SignOut({ reload = () => location.reload() }: { reload?: () => void }) {
  const { auth, user_id } = useStatus();
  useEffect(() => watchLeaving(() => !readKey() && reload()), [reload]);
  if (auth !== "keys") return null;
  const leave = () => {
    letGo();
    // Whatever the page itself holds of the person goes with it.
    history.replaceState(null, "", address("c"));
    reload();
  };
  return (
    <span className="signout">
      <bdi className="soft small" title={`Signed in as ${user_id}`}>
        {user_id}
      </bdi>
      <button className="button quiet small" type="button" title={`Sign out ${user_id}`} onClick={leave}>
        <Icon name="leave" size={16} /> <span>Sign out</span>
      </button>
    </span>
  );
}
