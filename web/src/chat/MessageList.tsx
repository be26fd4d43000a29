/** The turns of a conversation, scrolled. */

import { type ReactNode, useEffect, useRef } from "react";
import { Icon } from "../parts/Icon";
import type { Versions } from "./branches";
import { type TurnActions, TurnView } from "./TurnView";
import { type Turn, turnWith } from "./turns";
import { useInView } from "./useInView";
import { useNewestFirst } from "./useNewestFirst";
import { useStick } from "./useStick";

type Props = {
  turns: readonly Turn[];
  versions: ReadonlyMap<string, Versions>;
  actions: TurnActions;
  busy: boolean;
  /** The turn whose memory is looked at. */
  chosen: string | null;
  /** A message that the address names: scrolled to and marked. */
  wanted: string | null;
  /** How many memories each turn taught. */
  learned: ReadonlyMap<string, number>;
  /** The reader scrolled to a turn, or to the end (null). */
  onView(turn: string | null): void;
  /** What stands behind the last turn: questions, warnings. */
  children?: ReactNode;
};

export function MessageList(props: Props) {
  const { turns, versions, actions, busy, chosen, wanted, learned, onView, children } = props;
  const { box, inside, away, toEnd, letGo } = useStick();
  /** How far down the wanted message was scrolled to. */
  const sentTo = useRef(-1);
  useInView(box, (turn) => {
    if (box.current?.scrollTop !== sentTo.current) onView(turn);
  });
  const hidden = useNewestFirst(turns.length, wanted !== null);
  const marked = wanted ? turnWith(turns, wanted)?.id : undefined;
  const said = turns.at(-1)?.id;

  useEffect(() => {
    if (marked === undefined) return;
    letGo();
    const turn = box.current?.querySelector(`[data-turn="${CSS.escape(marked)}"]`);
    const part = wanted ? turn?.querySelector(`[data-message="${CSS.escape(wanted)}"]`) : null;
    (part ?? turn)?.scrollIntoView({ block: "start" });
    sentTo.current = box.current?.scrollTop ?? -1;
    onView(marked);
  }, [marked, wanted, letGo, onView, box]);

  // What one says oneself is always gone to.
  useEffect(() => {
    if (busy && said) toEnd();
  }, [said, busy, toEnd]);

  return (
    <div className="messages" ref={box}>
      <div className="column" ref={inside}>
        {turns.slice(hidden).map((turn) => {
          const last = turn === turns.at(-1);
          return (
            <TurnView
              key={turn.id}
              turn={turn}
              versions={versions}
              actions={actions}
              last={last}
              busy={busy}
              chosen={chosen === turn.id}
              marked={marked !== turn.id ? null : wanted === turn.id ? "human" : "reply"}
              learned={learned.get(turn.id) ?? 0}
            />
          );
        })}
        {children}
      </div>
      {away && (
        <button className="button toend" type="button" onClick={() => toEnd("smooth")}>
          <Icon name="down" size={16} /> To the newest
        </button>
      )}
    </div>
  );
}
