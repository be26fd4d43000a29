/** Which of the memories that a turn's receipt tells are still kept, and in which words. */

import { useCallback, useEffect, useRef, useState } from "react";
import { memoriesById } from "../api/memories";
import { useForgotten } from "../memories/forgotten";
import { sentenceOf } from "../parts/useAsked";
import type { Kept } from "./asNow";
import { useReturn } from "./useReturn";

const NOTHING: Kept = new Map();

/** `live`: the turn runs, and what it tells of is there. `known`: nothing of it is shown before. */
export function useKept(ids: string[], live: boolean) {
  const [kept, setKept] = useState(NOTHING);
  const [failed, setFailed] = useState("");
  const [times, setTimes] = useState(0);
  const forgotten = useForgotten();
  const fresh = useRef(new Set<string>());
  if (live) for (const id of ids) fresh.current.add(id);
  const all = ids.join("\n");

  useEffect(() => {
    // Either alone says that it is time to look again.
    void [forgotten, times];
    if (live || !all) return;
    const asked = new AbortController();
    const wanted = all.split("\n");
    memoriesById(wanted, asked.signal).then(
      (found) => {
        const byId = new Map(found.map((memory) => [memory.id, memory]));
        setKept((was) => new Map([...was, ...wanted.map((id) => [id, byId.get(id) ?? null] as const)]));
        setFailed("");
      },
      (error) => !asked.signal.aborted && setFailed(sentenceOf(error)),
    );
    return () => asked.abort();
  }, [all, live, forgotten, times]);

  const again = useCallback(() => setTimes((number) => number + 1), []);
  // Another window may have forgotten some of it.
  useReturn(again);
  const known = ids.every((id) => kept.has(id) || fresh.current.has(id));
  return { kept, known, failed: all && !live ? failed : "", again };
}
