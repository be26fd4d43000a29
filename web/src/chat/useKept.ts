/** Which of the memories that a turn's receipt tells are still kept, and in which words. */

import { useCallback, useEffect, useState } from "react";
import { memoriesById } from "../api/memories";
import { useForgotten } from "../memories/forgotten";
import { sentenceOf } from "../parts/useAsked";
import type { Kept } from "./asNow";
import { useReturn } from "./useReturn";

/** `fresh`: what a turn told of while it ran here. */
type Asked = { kept: Kept; fresh: Set<string> };

/** For as long as the chat is shown, so that a panel that is opened again shows it at once, and asks behind it. */
const asked = new WeakMap<object, Asked>();

function askedOf(chat: object): Asked {
  const found = asked.get(chat) ?? { kept: new Map(), fresh: new Set<string>() };
  asked.set(chat, found);
  return found;
}

/** `chat`: its client. `live`: the turn runs, and what it tells of is there. `known`: nothing is shown before. */
export function useKept(chat: object, ids: string[], live: boolean) {
  const known = askedOf(chat);
  const [kept, setKept] = useState(known.kept);
  const [failed, setFailed] = useState("");
  const [times, setTimes] = useState(0);
  const forgotten = useForgotten();
  if (live) for (const id of ids) known.fresh.add(id);
  const all = ids.join("\n");

  useEffect(() => {
    // Either alone says that it is time to look again.
    void [forgotten, times];
    if (live || !all) return;
    const asking = new AbortController();
    const wanted = all.split("\n");
    memoriesById(wanted, asking.signal).then(
      (found) => {
        const byId = new Map(found.map((memory) => [memory.id, memory]));
        known.kept = new Map([...known.kept, ...wanted.map((id) => [id, byId.get(id) ?? null] as const)]);
        setKept(known.kept);
        setFailed("");
      },
      (error) => !asking.signal.aborted && setFailed(sentenceOf(error)),
    );
    return () => asking.abort();
  }, [known, all, live, forgotten, times]);

  const again = useCallback(() => setTimes((number) => number + 1), []);
  // Another window may have forgotten some of it.
  useReturn(again);
  const isKnown = ids.every((id) => kept.has(id) || known.fresh.has(id));
  return { kept, known: isKnown, failed: all && !live ? failed : "", again };
}
