/** In the place of a room that is on its way: where the server is away, it says so. */

import { useSyncExternalStore } from "react";
import { UNREACHABLE } from "../api/http";
import { isAway, watchAway } from "./files";

export function Coming() {
  const away = useSyncExternalStore(watchAway, isAway);
  if (!away) return <p className="soft wait">One moment …</p>;
  return (
    <p className="alert" role="alert">
      {UNREACHABLE}
    </p>
  );
}
