/** The box in which one writes: its draft is kept, and files are refused with a sentence. */

import { type ClipboardEvent, type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { useStatus } from "../app/status";
import { IconButton } from "../parts/IconButton";
import { keepDraft, readDraft } from "./drafts";

type Props = {
  /** What the draft belongs to. */
  thread: string;
  box: RefObject<HTMLTextAreaElement | null>;
  busy: boolean;
  /** Why nothing can be sent just now, or "". */
  held: string;
  onSay(text: string): void;
  /** Gives back what was not taken. */
  onStop(): Promise<string>;
};

const NO_FILES = "Files cannot be sent here: paste the text of it instead.";

export function Composer({ thread, box, busy, held, onSay, onStop }: Props) {
  const { model, offline } = useStatus();
  const [text, setText] = useState(() => readDraft(thread));
  const [notice, setNotice] = useState("");
  useEffect(() => keepDraft(thread, text), [thread, text]);

  const ready = text.trim() !== "" && !busy && !held;
  const send = () => {
    if (!ready) return;
    onSay(text.trim());
    setText("");
    setNotice("");
  };
  const stop = async () => {
    const back = await onStop();
    if (back) setText((was) => was || back);
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Escape" && busy) void stop();
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };
  const refuse = (event: ClipboardEvent) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    setNotice(NO_FILES);
  };
  useEffect(() => {
    // Wherever it falls: the browser would leave the page for the file.
    const fallen = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (event.type === "drop") setNotice(NO_FILES);
    };
    window.addEventListener("dragover", fallen);
    window.addEventListener("drop", fallen);
    return () => {
      window.removeEventListener("dragover", fallen);
      window.removeEventListener("drop", fallen);
    };
  }, []);

  return (
    <div className="composer">
      {notice && (
        <p className="notice small" role="status">
          {notice}
        </p>
      )}
      <fieldset className="box">
        <legend className="unseen">Write a message</legend>
        <textarea
          ref={box}
          rows={1}
          aria-label="Message"
          placeholder="Message Mnemograph"
          dir="auto"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keys}
          onPaste={refuse}
        />
        {busy ? (
          <IconButton icon="stop" name="Stop" className="round stop" onClick={() => void stop()} />
        ) : (
          <IconButton icon="send" name="Send" className="round main" disabled={!ready} onClick={send} />
        )}
      </fieldset>
      <p className="hint model soft small">{offline ? "Offline: answers come from rules." : model}</p>
      <p className="hint soft small">
        {held || "Enter sends, Shift+Enter makes a new line, ? shows the keys."}
      </p>
    </div>
  );
}
