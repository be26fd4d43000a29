/** What stands above a conversation: its name, what answers, the way back, and memory. */

import { useEffect, useState } from "react";
import { titleOf, UNTITLED } from "../api/threads";
import { type Changed, redoTurn, undoTurn } from "../api/timeline";
import { address } from "../app/route";
import { useStatus } from "../app/status";
import { Icon } from "../parts/Icon";
import { IconButton } from "../parts/IconButton";
import { wentAlong } from "../parts/went";
import { sentenceOf } from "./errors";
import { textOf } from "./state";
import type { Conversation } from "./useConversation";
import type { Panel } from "./usePanel";

type Props = {
  title: string;
  conversation: Conversation;
  panel: Panel;
  onDrawer(): void;
  onNew(): void;
  onChanged(): Promise<unknown>;
};

export function TopBar({ title, conversation, panel, onDrawer, onNew, onChanged }: Props) {
  const { threadId, turns, values, busy } = conversation;
  const { model, offline } = useStatus();
  const [said, setSaid] = useState<{ text: string; failed: boolean } | null>(null);
  const [changing, setChanging] = useState(false);
  const change = async (what: typeof undoTurn, word: string) => {
    if (!threadId) return;
    setChanging(true);
    try {
      const done = await what(threadId);
      await onChanged();
      setSaid({ text: told(word, done), failed: false });
    } catch (error) {
      setSaid({ text: sentenceOf(error), failed: true });
    } finally {
      setChanging(false);
    }
  };
  // Once the talk goes on, it tells of something else than what is seen.
  useEffect(() => {
    if (busy) setSaid(null);
  }, [busy]);
  const held = busy || changing || !threadId || conversation.thread.base !== null;
  return (
    <header className="top">
      <div className="bar">
        <IconButton className="onlynarrow" icon="menu" name="Conversations" onClick={onDrawer} />
        <h1 dir="auto">
          {titleOf(title === UNTITLED ? "" : title, turns[0]?.human && textOf(turns[0].human))}
        </h1>
        <span className="tag model" title={offline ? OFFLINE : `Answers come from ${model}.`}>
          {offline ? "offline, by rules" : model}
        </span>
        <span className="grow" />
        <IconButton
          icon="undo"
          name="Undo the last turn"
          disabled={held || turns.length === 0}
          onClick={() => void change(undoTurn, "Undone")}
        />
        <IconButton
          icon="redo"
          name="Redo the turn that was undone"
          disabled={held || !values.undone?.length}
          onClick={() => void change(redoTurn, "Redone")}
        />
        {threadId && (
          <a
            className="iconbutton"
            href={address("time", threadId)}
            aria-label="The conversation's timeline"
            title="The conversation's timeline"
          >
            <Icon name="clock" />
          </a>
        )}
        <IconButton className="onlynarrow" icon="plus" name="New conversation" onClick={onNew} />
        <button
          className="button quiet small memorybutton"
          type="button"
          aria-pressed={panel.open}
          aria-label="Memory"
          onClick={panel.toggle}
        >
          <Icon name="memory" /> <span>Memory</span>
        </button>
      </div>
      {said && (
        <p className={said.failed ? "alert small" : "notice small"} role="status">
          {said.text}
          <IconButton icon="close" name="Close" size={14} onClick={() => setSaid(null)} />
        </p>
      )}
    </header>
  );
}

const OFFLINE =
  "No model is set: answers come from rules. Set MNEMOGRAPH_MODEL and its key in .env for a real one.";

function told(word: string, { said, kinds }: Changed): string {
  const short = said.length > 60 ? `${said.slice(0, 60)}…` : said;
  return `${word}: “${short}”. ${wentAlong(kinds, word === "Undone" ? "went" : "came back")}`.trim();
}
