/** What a turn recalled, used and taught: of the last turn live, of an earlier one from the state it ended with. */

import { useEffect, useState } from "react";
import { UNREACHABLE } from "../api/http";
import { readState } from "../api/threads";
import { endOf } from "./branches";
import { isUnreachable } from "./errors";
import { beforeIt, placeOf } from "./past";
import type { ChatValues, Receipt } from "./state";
import { marksOf, type Turn } from "./turns";
import type { Conversation } from "./useConversation";

export type Told = {
  receipt: Receipt | null;
  /** Ids alone, where the state of that turn is no longer kept. */
  ids: { recalled: string[]; used: string[] };
  failed: string;
  /** Asks once more, where the server did not answer. */
  again(): void;
};

export const NOT_KEPT =
  "How these were found is no longer kept: the conversation went on for too long since.";

export function useReceipt(conversation: Conversation, turn: Turn | null, last: boolean): Told {
  const { client, places, read, thread, values } = conversation;
  const { silent, newest } = thread;
  // Where a fork ends with a turn that was said before it, what it taught may have come later.
  const place = turn ? (last ? beforeIt : placeOf)(places, turn.id) : null;
  const end = place && turn ? endOf(place.steps, place.head, turn.id) : null;
  const home = place?.thread;
  const [kept, setKept] = useState<ReadonlyMap<string, Receipt | null>>(new Map());
  const known = end !== null && kept.has(end);
  const [away, setAway] = useState<string | null>(null);
  const [times, setTimes] = useState(0);

  useEffect(() => {
    // Alone it says that it is time to ask again.
    void times;
    if (!end || !home || known) return;
    let left = false;
    const keep = (at: string, receipt: Receipt | null) => {
      if (!left) setKept((was) => new Map(was).set(at, receipt));
    };
    readState(client, home, end).then(
      ({ values }) => keep(end, of(values)),
      (error) => {
        if (!isUnreachable(error)) keep(end, null);
        else if (!left) setAway(end);
      },
    );
    return () => {
      left = true;
    };
  }, [client, home, end, known, times]);

  const again = () => {
    if (end !== null) setTimes((number) => number + 1);
    else if (!last) void newest();
  };
  const ids = turn ? marksOf(turn) : { recalled: [], used: [] };
  if (last && !place) return { receipt: values, ids, failed: "", again };
  const receipt = end === null ? null : (kept.get(end) ?? null);
  if (receipt) return { receipt, ids, failed: "", again };
  const lost = known || (end === null && read);
  const unanswered = end === null ? silent : away === end;
  return { receipt: null, ids, failed: lost ? NOT_KEPT : unanswered ? UNREACHABLE : "", again };
}

/** Without the messages, of which each state holds all. */
function of({ recalled, used, learned, procedures, warnings }: ChatValues): Receipt {
  return { recalled, used, learned, procedures, warnings };
}
