/** Memory beside the chat: what stands behind one reply, and what its turn taught. */

import { type ReactNode, Suspense } from "react";
import { address } from "../app/route";
import { useStatus } from "../app/status";
import { MemoryCard } from "../memories/LazyCard";
import { IconButton } from "../parts/IconButton";
import { Decided } from "./Decided";
import { MemoryRow } from "./MemoryRow";
import { inWords, wordsOf } from "./receipt";
import { type Receipt, textOf } from "./state";
import { isAnswered, type Turn } from "./turns";
import type { Conversation } from "./useConversation";
import { useHeld } from "./useHeld";
import { useReceipt } from "./useReceipt";

type Props = { conversation: Conversation; turn: Turn | null; last: boolean; onClose(): void };

export function MemoryPanel({ conversation, turn, last, onClose }: Props) {
  const { receipt, ids, failed } = useReceipt(conversation, turn, last);
  const { held: all, change } = useHeld(conversation.threadId, turn, conversation.busy);
  // What the conversation itself asks about is decided there.
  const held = last && conversation.interrupt ? all.filter((memory) => memory.status !== "proposed") : all;
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
      {turn && receipt && <Told receipt={receipt} asked={asked} live={last && !isAnswered(turn)} />}
      {turn && conversation.threadId && isAnswered(turn) && !(last && conversation.busy) && (
        <Decided key={turn.id} thread={conversation.threadId} message={turn.id} />
      )}
      {turn && !receipt && !failed && <p className="soft small">One moment …</p>}
      {failed && <Lost ids={ids} sentence={failed} />}
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

function Told({ receipt, asked, live }: { receipt: Receipt; asked: string; live: boolean }) {
  const { remember } = useStatus();
  const recalled = receipt.recalled ?? [];
  const ids = new Set(receipt.used);
  const used = recalled.filter((item) => ids.has(item.id));
  const others = recalled.filter((item) => !ids.has(item.id));
  const learned = (receipt.learned ?? []).filter((item) => item.kind !== "episodic");
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
        none={used.length ? undefined : live ? "Nothing yet." : "Nothing that may help was found."}
      >
        {shorten(rows(others, false))}
      </Section>
      {(receipt.procedures ?? []).length > 0 && (
        <Section title="Instructions it followed">
          {receipt.procedures?.map((item) => (
            <MemoryRow
              key={item.id}
              id={item.id}
              kind="procedural"
              text={item.text}
              why={item.quote && `You said: “${item.quote}”`}
            />
          ))}
        </Section>
      )}
      <Section title="Learned from this turn" none={nothing}>
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

type SectionProps = { title: string; hint?: string; none?: string; children: ReactNode };

function Section({ title, hint, none, children }: SectionProps) {
  const empty = Array.isArray(children) && children.length === 0;
  if (empty && !none) return null;
  return (
    <section className="panelpart">
      <h3>{title}</h3>
      {hint && <p className="soft small">{hint}</p>}
      {empty ? <p className="soft small">{none}</p> : <ul>{children}</ul>}
    </section>
  );
}
