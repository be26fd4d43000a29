/** What a person said, and the box in which it is said otherwise. */

import type { Message } from "@langchain/langgraph-sdk";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { CopyButton } from "../parts/CopyButton";
import { focusNow } from "../parts/focus";
import { IconButton } from "../parts/IconButton";
import { markOf, textOf } from "./state";

type Props = { message: Message; canEdit: boolean; onEdit(text: string): Promise<boolean> };

const TOO_OLD = "This message is too old to be changed: the state before it is no longer kept.";

export function HumanMessage({ message, canEdit, onEdit }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const [failed, setFailed] = useState("");
  const sending = useRef(false);
  const text = textOf(message);

  if (draft === null) {
    return (
      <div className="human">
        <div className="line">
          <div className="tools">
            <CopyButton text={text} name="Copy the message" />
            {canEdit && (
              <IconButton icon="edit" name="Edit the message" size={16} onClick={() => setDraft(text)} />
            )}
          </div>
          <div className="bubble" dir="auto">
            {text}
          </div>
        </div>
        {markOf(message).refused && <p className="notice small">This message was not taken.</p>}
      </div>
    );
  }
  const close = () => {
    setDraft(null);
    setFailed("");
  };
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!draft.trim() || sending.current) return;
    sending.current = true;
    const taken = await onEdit(draft.trim());
    sending.current = false;
    if (taken) close();
    else setFailed(TOO_OLD);
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) void send(event);
  };
  return (
    <form className="human editing" onSubmit={send}>
      <textarea
        ref={focusNow}
        className="field"
        aria-label="Edit the message"
        dir="auto"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={keys}
      />
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
      <div className="row">
        <span className="soft small">What came after is kept as another version.</span>
        <button className="button small" type="button" onClick={close}>
          Cancel
        </button>
        <button className="button small main" type="submit" disabled={!draft.trim() || draft.trim() === text}>
          Send
        </button>
      </div>
    </form>
  );
}
