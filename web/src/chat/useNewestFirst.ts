/** How many turns are left out for the moment: the newest are drawn at once, the others as there is time. */

import { startTransition, useEffect, useState } from "react";

const AT_ONCE = 14;
const SOON_MS = 60;

export function useNewestFirst(count: number, all: boolean): number {
  const [rest, setRest] = useState(false);
  const hidden = all || rest ? 0 : Math.max(0, count - AT_ONCE);
  useEffect(() => {
    if (!hidden) return;
    const timer = setTimeout(() => startTransition(() => setRest(true)), SOON_MS);
    return () => clearTimeout(timer);
  }, [hidden]);
  return hidden;
}
