/** A search that asks when typing pauses, and at once on Enter; `/` leads to it. */

import { type FormEvent, useEffect, useId, useRef, useState } from "react";

const PAUSE_MS = 300;

export function SearchField({ asked, onAsk }: { asked: string; onAsk(q: string): void }) {
  const [text, setText] = useState(asked);
  const last = useRef(asked);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const ask = useRef(() => {});
  useEffect(() => {
    ask.current = () => {
      if (text === last.current) return;
      last.current = text;
      onAsk(text);
    };
  });
  // Another asks it, as going back does.
  useEffect(() => {
    if (asked === last.current) return;
    last.current = asked;
    setText(asked);
  }, [asked]);
  useEffect(() => {
    const timer = setTimeout(() => ask.current(), text ? PAUSE_MS : 0);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    ask.current();
  };
  return (
    <form onSubmit={send}>
      <label className="unseen" htmlFor={id}>
        Search your memories
      </label>
      <input
        ref={field}
        id={id}
        className="field finder"
        type="search"
        dir="auto"
        placeholder="Search by meaning or by words"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
