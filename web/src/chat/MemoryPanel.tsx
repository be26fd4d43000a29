/** Memory beside the chat: what stands behind one reply, and what its turn taught. */

import { type ReactNode, Suspense } from "react";
import { UNREACHABLE } from "../api/http";
import { address } from "../app/route";
import { useStatus } from "../app/status";
import { MemoryCard } from "../memories/LazyCard";
import { Failure } from "../parts/Failure";
import { IconButton } from "../parts/IconButton";
import { asNow, idsIn, type Now } from "./asNow";
import { Decided } from "./Decided";
import { MemoryRow } from "./MemoryRow";
import { placeOf } from "./past";
import { inWords, wordsOf } from "./receipt";
import { PROCEDURE as KEEPING } from "./review";
import { textOf } from "./state";
import { isAnswered, type Turn } from "./turns";
import type { Conversation } from "./useConversation";
import { useHeld } from "./useHeld";
import { useKept } from "./useKept";
import { NOT_KEPT, useReceipt } from "./useReceipt";

type Props = {
  conversation: Conversation;
  turn: Turn | null;
  last: boolean;
  /** The server does not answer. */
  away: boolean;
  onClose(): void;
};

export function MemoryPanel({ conversation, turn, last, away, onClose }: Props) {
  const { receipt, ids, failed, again } = useReceipt(conversation, turn, last);
  const now = useKept(conversation.client, turn && receipt ? idsIn(receipt) : [], last && conversation.busy);
  const lost = failed === NOT_KEPT;
  // What stands behind a reply that did not come, nobody knows yet; the conversation itself waits for the server.
  const silent = away && turn !== null && (!receipt || !isAnswered(turn)) ? UNREACHABLE : "";
  const missing = silent || (lost ? "" : failed || (now.known ? "" : now.failed));
  // A fork's earlier turns were said in another conversation, and what they taught is noted there.
  const home = (turn && placeOf(conversation.places, turn.id)?.thread) ?? conversation.threadId;
  const { held: all, change } = useHeld(home, turn, conversation.busy);
  // What the conversation itself asks about is decided there.
  const asks = conversation.questions.some((each) => each.actions.some(({ name }) => name === KEEPING));
  const held = last && asks ? all.filter((memory) => memory.status !== "proposed") : all;
  const asked = turn?.human ? textOf(turn.human) : "";
  return (
    <>
      <header className="paneltop">
        <h2>Memory</h2>
        <IconButton icon="close" name="Close the memory panel" onClick={onClose} />
      </header>
      {turn ? (
        <p className="about soft small" dir="auto">
          Behind the reply to “{asked.length > 60 ? `${asked.slice(0, 60)}…` : asked}”
        </p>
      ) : (
        <p className="soft small">What is remembered, and why, shows here as you talk.</p>
      )}
      {silent && <p className="notice small">{silent}</p>}
      {missing && !silent && (
        <Failure
          sentence={missing}
          again={() => {
            again();
            now.again();
          }}
        />
      )}
      {turn && receipt && now.known && !silent && (
        <Told
          now={asNow(receipt, now.kept)}
          used={receipt.used}
          asked={asked}
          live={last && !isAnswered(turn)}
        />
      )}
      {turn && home && isAnswered(turn) && !missing && !(last && conversation.busy) && (
        <Decided key={turn.id} thread={home} message={turn.id} />
      )}
      {turn && !(receipt && now.known) && !failed && !missing && <p className="soft small">One moment …</p>}
      {lost && !silent && <Lost ids={ids} sentence={failed} />}
      {held.length > 0 && (
        <Section title="Held back" hint="Nobody follows these until you have looked.">
          <Suspense fallback={null}>
            {held.map((memory) => (
              <li key={memory.id}>
                <MemoryCard memory={memory} compact onChange={(next) => change(memory.id, next)} />
              </li>
            ))}
          </Suspense>
        </Section>
      )}
      <p className="panelend small">
        <a href={address("memories")}>All memories</a>
      </p>
    </>
  );
}

type ToldProps = { now: Now; used: string[] | undefined; asked: string; live: boolean };

function Told({ now, used: usedIds, asked, live }: ToldProps) {
  const { remember } = useStatus();
  const { recalled, learned, procedures, gone } = now;
  const ids = new Set(usedIds);
  const used = recalled.filter((item) => ids.has(item.id));
  const others = recalled.filter((item) => !ids.has(item.id));
  const rows = (items: typeof recalled, isUsed: boolean) =>
    items.map((item) => (
      <MemoryRow
        key={item.id}
        id={item.id}
        kind={item.kind}
        text={wordsOf(item)}
        why={inWords(item, asked)}
        used={isUsed}
      />
    ));
  const nothing = live
    ? "Nothing yet."
    : remember === "background"
      ? "Nothing yet: it is written a little later."
      : "Nothing new to keep.";
  return (
    <>
      {used.length > 0 && <Section title="The reply used">{rows(used, true)}</Section>}
      <Section
        title={used.length ? "Also recalled" : "Recalled"}
        gone={gone.recalled}
        none={used.length ? undefined : live ? "Nothing yet." : "Nothing that may help was found."}
      >
        {shorten(rows(others, false))}
      </Section>
      <Section title="Instructions it followed" gone={gone.procedures}>
        {procedures.map((item) => (
          <MemoryRow
            key={item.id}
            id={item.id}
            kind="procedural"
            text={item.text}
            why={item.quote && `You said: “${item.quote}”`}
          />
        ))}
      </Section>
      <Section title="Learned from this turn" none={nothing} gone={gone.learned}>
        {learned.map((item) => (
          <MemoryRow
            key={item.id}
            id={item.id}
            kind={item.kind}
            text={item.text}
            why={item.kind === "procedural" ? PROCEDURE[item.status ?? ""] : item.category}
          />
        ))}
      </Section>
    </>
  );
}

const PROCEDURE: Record<string, string> = {
  active: "in every conversation from now on",
  proposed: "waits for your yes",
  retracted: "not kept",
};

function Lost({ ids, sentence }: { ids: { recalled: string[]; used: string[] }; sentence: string }) {
  const all = [...new Set([...ids.used, ...ids.recalled])];
  return (
    <>
      <p className="soft small">{sentence}</p>
      <Section title="Recalled" none="Nothing was recalled.">
        {all.map((id) => (
          <MemoryRow
            key={id}
            id={id}
            text="A memory"
            why={ids.used.includes(id) ? "The reply used it" : ""}
          />
        ))}
      </Section>
    </>
  );
}

const SHOWN = 4;

/** A long list is folded behind its first rows. */
function shorten(rows: ReactNode[]): ReactNode[] {
  if (rows.length <= SHOWN + 1) return rows;
  return [
    ...rows.slice(0, SHOWN),
    <li key="more">
      <details className="morerows">
        <summary className="small">{rows.length - SHOWN} more</summary>
        <ul>{rows.slice(SHOWN)}</ul>
      </details>
    </li>,
  ];
}

type SectionProps = {
  title: string;
  hint?: string;
  none?: string;
  /** How many more stood here, and are no longer kept. */
  gone?: number;
  children: ReactNode;
};

function Section({ title, hint, none, gone = 0, children }: SectionProps) {
  const empty = Array.isArray(children) && children.length === 0;
  if (empty && !none && !gone) return null;
  return (
    <section className="panelpart">
      <h3>{title}</h3>
      {hint && <p className="soft small">{hint}</p>}
      {!empty ? <ul>{children}</ul> : !gone && <p className="soft small">{none}</p>}
      {gone > 0 && (
        <p className="soft small">
          {gone === 1 ? "One that stood here is" : `${gone} that stood here are`} no longer kept.
        </p>
      )}
    </section>
  );
}
