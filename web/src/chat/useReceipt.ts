/** What a turn recalled, used and taught: of the last turn live, of an earlier one from the state it ended with. */

import { useEffect, useState } from "react";
import { readState } from "../api/threads";
import { endOf } from "./branches";
import type { ChatValues, Receipt } from "./state";
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
  const { steps, shown, read } = thread;
  const id = turn?.id ?? "";
  const end = !last && turn && shown ? endOf(steps, shown, id) : null;
  const [kept, setKept] = useState<ReadonlyMap<string, Receipt | null>>(new Map());
  const known = end !== null && kept.has(end);

  useEffect(() => {
    if (!end || !threadId || known) return;
    let left = false;
    const keep = (at: string, receipt: Receipt | null) => {
      if (!left) setKept((was) => new Map(was).set(at, receipt));
    };
    readState(client, threadId, end).then(
      ({ values }) => keep(end, of(values)),
      () => keep(end, null),
    );
    return () => {
      left = true;
    };
  }, [client, threadId, end, known]);

  const ids = turn ? marksOf(turn) : { recalled: [], used: [] };
  if (last) return { receipt: values, ids, failed: "" };
  const receipt = end === null ? null : (kept.get(end) ?? null);
  if (receipt) return { receipt, ids, failed: "" };
  const lost = known || (end === null && read);
  return { receipt: null, ids, failed: lost ? NOT_KEPT : "" };
}

/** Without the messages, of which each state holds all. */
function of({ recalled, used, learned, procedures, warnings }: ChatValues): Receipt {
  return { recalled, used, learned, procedures, warnings };
}
