/** One conversation in the list: opened, named, deleted. */

import { type FormEvent, useEffect, useRef, useState } from "react";
import type { ThreadRow } from "../api/threads";
import { address } from "../app/route";
import { Confirm } from "../parts/Confirm";
import { selectNow } from "../parts/focus";
import { IconButton } from "../parts/IconButton";
import { sentenceOf } from "./errors";

type Props = {
  row: ThreadRow;
  current: boolean;
  onChosen(): void;
  onRename(title: string): Promise<void>;
  onRemove(): Promise<void>;
};

const STATUS: Partial<Record<ThreadRow["status"], string>> = {
  busy: "An answer is being written",
  interrupted: "A question waits for you",
  error: "The last answer broke off",
};

export function SidebarRow({ row, current, onChosen, onRename, onRemove }: Props) {
  const [name, setName] = useState<string | null>(null);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const status = STATUS[row.status];
  const acts = useRef<HTMLSpanElement>(null);
  const naming = name !== null;
  const named = useRef(false);
  useEffect(() => {
    // The field that had the focus is gone: the button that brought it is back.
    if (!naming && named.current) acts.current?.querySelector("button")?.focus();
    named.current = naming;
  }, [naming]);

  const act = async (what: () => Promise<void>, done: () => void) => {
    setBusy(true);
    setFailed("");
    try {
      await what();
      done();
    } catch (error) {
      setFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const rename = (event: FormEvent) => {
    event.preventDefault();
    const title = name?.trim();
    if (!title) return;
    void act(
      () => onRename(title),
      () => setName(null),
    );
  };

  if (naming) {
    return (
      <li className="threadrow">
        <form className="rename" onSubmit={rename}>
          <input
            ref={selectNow}
            className="field"
            aria-label="Name of the conversation"
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && setName(null)}
          />
          <IconButton icon="check" name="Keep the name" type="submit" size={16} disabled={busy} />
          <IconButton icon="close" name="Cancel" size={16} onClick={() => setName(null)} />
          {failed && (
            <p className="alert small" role="alert">
              {failed}
            </p>
          )}
        </form>
      </li>
    );
  }
  return (
    <li className="threadrow">
      <a
        className="link"
        href={address("c", row.id)}
        aria-current={current ? "true" : undefined}
        title={row.title}
        onClick={onChosen}
      >
        {status && <span className={`status ${row.status}`} role="img" aria-label={status} title={status} />}
        <span className="name" dir="auto">
          {row.title}
        </span>
      </a>
      <span className="acts" ref={acts}>
        <IconButton icon="edit" name={`Rename “${row.title}”`} size={15} onClick={() => setName(row.title)} />
        <IconButton icon="trash" name={`Delete “${row.title}”`} size={15} onClick={() => setAsked(true)} />
      </span>
      {asked && (
        <Confirm
          title="Delete this conversation?"
          verb="Delete"
          busy={busy}
          failed={failed}
          onNo={() => setAsked(false)}
          onYes={() => void act(onRemove, () => setAsked(false))}
        >
          <p>
            “{row.title}” goes for good: its messages, its versions and its timeline. What was remembered from
            it stays: <a href={address("memories")}>see your memories</a>.
          </p>
        </Confirm>
      )}
    </li>
  );
}
