/** A conversation with its box to write in, and memory beside it. */

import { type RefObject, useMemo, useRef, useState } from "react";
import { Behind } from "./Behind";
import { Composer } from "./Composer";
import { isNotFound, isUnreachable } from "./errors";
import { MemoryPanel } from "./MemoryPanel";
import { MessageList } from "./MessageList";
import { textOf } from "./state";
import { TopBar } from "./TopBar";
import type { TurnActions } from "./TurnView";
import { type Turn, turnWith } from "./turns";
import { useBack } from "./useBack";
import { useConversation } from "./useConversation";
import { useFocusInside } from "./useFocusInside";
import type { Panel } from "./usePanel";
import { useUnanswered } from "./useUnanswered";
import { Welcome } from "./Welcome";

type Props = {
  threadId: string | null;
  newId: string;
  /** A message to go to. */
  wanted: string | null;
  /** The checkpoint that is looked at; null for the newest. */
  at: string | null;
  title: string;
  box: RefObject<HTMLTextAreaElement | null>;
  panel: Panel;
  onDrawer(): void;
  onBegun(id: string): void;
  onRun(): void;
  /** It was stopped before it held anything, and is gone. */
  onEmpty(id: string): void;
  /** Another version is looked at. */
  onLook(at: string | null): void;
  /** The server was away and is back. */
  onBack(): Promise<void>;
  onNew(): void;
};

export function ConversationView(props: Props) {
  const { threadId, newId, wanted, at, title, box, panel } = props;
  const { onDrawer, onBegun, onRun, onEmpty, onLook, onBack, onNew } = props;
  const conversation = useConversation({ threadId, newId, at, onBegun, onRun, onEmpty });
  const { turns, busy, loading, error } = conversation;
  const [picked, setPicked] = useState<string | null>(null);
  const beside = useRef<HTMLElement>(null);
  useFocusInside(beside, panel.over);
  const away = isUnreachable(error);
  useBack(away, () => void onBack());
  const unanswered = useUnanswered(conversation, threadId ?? newId, away);

  const last = turns.at(-1) ?? null;
  const chosen =
    turns.find((turn) => turn.id === picked) ?? (wanted ? turnWith(turns, wanted) : null) ?? last;
  const actions = useActions({
    edit: (turn, text) => conversation.edit(turn, text),
    retry: (turn) => void conversation.retry(turn, turn.human ? textOf(turn.human) : ""),
    show: (head) => {
      if (error) return void onBack();
      const shown = () => onLook(head === conversation.thread.last ? null : head);
      conversation.look(head).then(shown, () => undefined);
    },
    choose: (turn) => {
      if (panel.open && chosen === turn) return panel.close();
      setPicked(turn === last ? null : turn.id);
      panel.show();
    },
  });
  const say = (text: string) => {
    setPicked(null);
    conversation.say(text);
  };
  const gone = isNotFound(error) && !busy && turns.length === 0;

  return (
    <>
      <main className="talk">
        <TopBar
          title={gone ? "No such conversation" : title}
          conversation={conversation}
          panel={panel}
          onDrawer={onDrawer}
          onNew={onNew}
          onChanged={async () => {
            onRun();
            // What a broken run left on the screen is no longer what the thread says.
            await (error ? onBack() : conversation.look());
          }}
        />
        {turns.length === 0 && !loading && !gone ? (
          <Welcome onSay={say} />
        ) : (
          <MessageList
            turns={turns}
            versions={conversation.versions}
            actions={actions}
            busy={busy}
            chosen={panel.open && chosen ? chosen.id : null}
            wanted={wanted}
            onView={setPicked}
            learned={conversation.learned}
          >
            {loading && turns.length === 0 && <p className="soft">One moment …</p>}
            <Behind
              conversation={conversation}
              unanswered={unanswered}
              onTryAgain={() => {
                if (unanswered)
                  void conversation.retry(unanswered, unanswered.human ? textOf(unanswered.human) : "");
                else void onBack();
              }}
            />
          </MessageList>
        )}
        <Composer
          thread={threadId ?? newId}
          box={box}
          busy={busy}
          held={away ? AWAY : gone ? GONE : ""}
          onSay={say}
          onStop={conversation.stop}
        />
        <Announced busy={busy} turn={last} />
      </main>
      {panel.open && (
        <>
          <button className="veil forpanel" type="button" aria-label="Close" onClick={panel.close} />
          <aside className="panel" aria-label="Memory" ref={beside}>
            <MemoryPanel
              conversation={conversation}
              turn={chosen}
              last={chosen === last}
              away={away}
              onClose={panel.close}
            />
          </aside>
        </>
      )}
    </>
  );
}

const AWAY = "The server is away: your words are kept here until it is back.";
const GONE = "Nothing can be said in it: begin a new conversation.";

/** The same object for as long as the conversation is shown, so that turns are not drawn again for its sake. */
function useActions(actions: TurnActions): TurnActions {
  const current = useRef(actions);
  current.current = actions;
  return useMemo(
    () => ({
      edit: (turn, text) => current.current.edit(turn, text),
      retry: (turn) => current.current.retry(turn),
      show: (head) => current.current.show(head),
      choose: (turn) => current.current.choose(turn),
    }),
    [],
  );
}

/** Tells who listens that an answer is being written, and that it is there. */
function Announced({ busy, turn }: { busy: boolean; turn: Turn | null }) {
  const was = useRef(false);
  if (busy) was.current = true;
  const words = busy ? "An answer is being written." : was.current && turn ? "The answer is there." : "";
  return (
    <p className="unseen" role="status">
      {words}
    </p>
  );
}
