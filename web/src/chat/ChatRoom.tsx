/** The chat: conversations at one side, the talk in the middle, memory at the other side. */

import { useEffect, useMemo, useRef, useState } from "react";
import { openClient } from "../api/client";
import { address, go, type Place, parse } from "../app/route";
import { ConversationView } from "./ConversationView";
import { KeysDialog } from "./KeysDialog";
import { recover } from "./recover";
import { Sidebar } from "./Sidebar";
import { useFocusInside } from "./useFocusInside";
import { useKeys } from "./useKeys";
import { usePanel } from "./usePanel";
import { useThreads } from "./useThreads";
import "./chat.css";
import "./messages.css";
import "./panel.css";

export function ChatRoom({ place }: { place: Place }) {
  const client = useMemo(openClient, []);
  const [changed, setChanged] = useState(0);
  const threads = useThreads(client, changed);
  // A conversation that is new has its id before anything was said in it.
  const [newId, setNewId] = useState<string>(() => crypto.randomUUID());
  /** Grows when the conversation has to be shown anew, as after the server was away. */
  const [anew, setAnew] = useState(0);
  const [drawer, setDrawer] = useState(false);
  const [keys, setKeys] = useState(false);
  const panel = usePanel();
  const side = useRef<HTMLElement>(null);
  useFocusInside(side, drawer);
  const box = useRef<HTMLTextAreaElement>(null);
  const search = useRef<HTMLInputElement>(null);

  const threadId = place.id || null;
  const shown = threadId ?? newId;
  const asked = useRef(shown);
  useEffect(() => {
    asked.current = shown;
  }, [shown]);
  const begin = () => {
    setNewId(crypto.randomUUID());
    setDrawer(false);
    go(address("c"));
    requestAnimationFrame(() => box.current?.focus());
  };
  const back = async () => {
    await recover(client, threadId);
    setAnew((number) => number + 1);
    setChanged((number) => number + 1);
  };

  useKeys({
    write: () => box.current?.focus(),
    begin,
    search: () => {
      setDrawer(true);
      requestAnimationFrame(() => search.current?.focus());
    },
    memory: panel.toggle,
    help: () => setKeys(true),
    escape: () => {
      setDrawer(false);
      panel.escape();
    },
  });

  return (
    <div className="chat" data-drawer={drawer || undefined} data-panel={panel.open || undefined}>
      <aside className="side" aria-label="Conversations" ref={side}>
        <Sidebar
          client={client}
          threads={threads}
          current={threadId}
          search={search}
          onNew={begin}
          onChosen={() => setDrawer(false)}
          onClose={() => setDrawer(false)}
          onRemoved={(id) => id === threadId && begin()}
        />
      </aside>
      {drawer && (
        <button className="veil" type="button" aria-label="Close" onClick={() => setDrawer(false)} />
      )}
      <ConversationView
        key={`${shown}:${anew}`}
        threadId={threadId}
        newId={newId}
        wanted={place.asked.get("message")}
        at={place.asked.get("at")}
        title={threads.rows.find((row) => row.id === threadId)?.title ?? ""}
        box={box}
        panel={panel}
        onDrawer={() => setDrawer(true)}
        onBegun={(id) => {
          // Who went on to another conversation meanwhile is not taken back.
          if (asked.current === id) go(address("c", id), true);
        }}
        onRun={() => {
          setChanged((number) => number + 1);
          // What is said from there on is the newest.
          const now = parse(location.hash);
          if (now.id === shown && now.asked.has("at")) go(address("c", shown), true);
        }}
        onEmpty={(id) => {
          if (asked.current !== id) return;
          // What is said next begins it anew, and the box keeps its words.
          setNewId(id);
          go(address("c"), true);
        }}
        onLook={(at) => go(address("c", shown, at ? { at } : {}), true)}
        onBack={back}
        onNew={begin}
      />
      {keys && <KeysDialog onClose={() => setKeys(false)} />}
    </div>
  );
}
