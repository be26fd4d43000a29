/** What a turn recalled, used and taught: of the last turn live, of an earlier one from the state it ended with. */

import { useEffect, useState } from "react";
import { readState } from "../api/threads";
import { endOf } from "./branches";
import type { Receipt } from "./state";
import { marksOf, type Turn } from "./turns";
import type { Conversation } from "./useConversation";

export type Told = {
  receipt: Receipt | null;
  /** Ids alone, where the state of that turn is no longer kept. */
  ids: { recalled: string[]; used: string[] };
  failed: string;
};

const NOT_KEPT = "How these were found is no longer kept: the conversation went on for too long since.";

export function useReceipt(conversation: Conversation, turn: Turn | null, last: boolean): Told {
  const { client, threadId, thread, values } = conversation;
  const { steps, shown } = thread;
  const id = turn?.id ?? "";
  const end = !last && turn && shown ? endOf(steps, shown, id) : null;
  const [found, setFound] = useState<{ end: string; receipt: Receipt | null } | null>(null);
  const known = found !== null && found.end === end;

  useEffect(() => {
    if (!end || !threadId || known) return;
    let left = false;
    readState(client, threadId, end).then(
      (state) => !left && setFound({ end, receipt: state.values }),
      () => !left && setFound({ end, receipt: null }),
    );
    return () => {
      left = true;
    };
  }, [client, threadId, end, known]);

  const ids = turn ? marksOf(turn) : { recalled: [], used: [] };
  if (last) return { receipt: values, ids, failed: "" };
  if (known && found.receipt) return { receipt: found.receipt, ids, failed: "" };
  const lost = (known && !found.receipt) || (end === null && steps.length > 0);
  return { receipt: null, ids, failed: lost ? NOT_KEPT : "" };
}
