/** One turn of a conversation. Drawn again only when it says something else. */

import { memo } from "react";
import type { Versions } from "./branches";
import { HumanMessage } from "./HumanMessage";
import { Reply } from "./Reply";
import { inShort } from "./receipt";
import { marksOf, type Turn } from "./turns";
import { VersionSwitch } from "./VersionSwitch";

export type TurnActions = {
  edit(turn: Turn, text: string): Promise<boolean>;
  retry(turn: Turn): void;
  show(head: string): void;
  choose(turn: Turn): void;
};

type Props = {
  turn: Turn;
  versions: ReadonlyMap<string, Versions>;
  actions: TurnActions;
  last: boolean;
  busy: boolean;
  chosen: boolean;
  /** Which of the two the address names. */
  marked: "human" | "reply" | null;
  learned: number;
};

export const TurnView = memo(function TurnView(props: Props) {
  const { turn, versions, actions, last, busy, chosen, marked, learned } = props;
  const ofReply = turn.parts.map((part) => versions.get(part.message.id ?? "")).find(Boolean);
  const ofHuman = versions.get(turn.id);
  const { used, recalled } = marksOf(turn);
  return (
    <article
      className="turn"
      data-marked={marked ?? undefined}
      data-turn={turn.id}
      aria-label={turn.human ? "Message and reply" : "Reply"}
    >
      {turn.human && (
        <HumanMessage message={turn.human} canEdit={!busy} onEdit={(text) => actions.edit(turn, text)} />
      )}
      {ofHuman && !busy && (
        <div className="human">
          <VersionSwitch versions={ofHuman} onShow={actions.show} />
        </div>
      )}
      <Reply
        turn={turn}
        streaming={last && busy}
        versions={ofReply}
        memory={inShort(used.length, recalled.length, learned)}
        chosen={chosen}
        onChoose={() => actions.choose(turn)}
        onShow={actions.show}
        onRetry={last && !busy && turn.human ? () => actions.retry(turn) : undefined}
      />
    </article>
  );
});
