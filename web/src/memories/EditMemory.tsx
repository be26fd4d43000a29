/** A memory in other words, in place: because it changed, or because it was wrong. */

import { type FormEvent, useId, useState } from "react";
import type { Memory } from "../api/memories";
import { focusNow } from "../parts/focus";
import { edit } from "./deeds";
import { useAct } from "./useAct";

type Props = { memory: Memory; onChange(next: Memory): void; onClose(): void };

const MAX_CHARS = { semantic: 500, episodic: 500, procedural: 300 };

export function EditMemory({ memory, onChange, onClose }: Props) {
  const [text, setText] = useState(memory.text);
  const [wrong, setWrong] = useState(false);
  const { busy, failed, run } = useAct();
  const id = useId();
  const plain = text.trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (plain === memory.text) return onClose();
    void run(async () => {
      const { memory: next } = await edit(memory, plain, wrong);
      onClose();
      onChange(next);
    });
  };
  return (
    <form
      className="edit"
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <label className="small" htmlFor={id}>
        {memory.kind === "procedural" ? "How it is to be done" : "What is so"}
      </label>
      <textarea
        id={id}
        className="field"
        dir="auto"
        rows={3}
        maxLength={MAX_CHARS[memory.kind]}
        value={text}
        ref={focusNow}
        onChange={(event) => setText(event.target.value)}
      />
      {memory.kind === "semantic" && (
        <fieldset className="row small">
          <legend className="unseen">Why does it change?</legend>
          <label>
            <input type="radio" name={`${id}why`} checked={!wrong} onChange={() => setWrong(false)} /> It
            changed: the old one was true until now
          </label>
          <label>
            <input type="radio" name={`${id}why`} checked={wrong} onChange={() => setWrong(true)} /> It was
            wrong: it never was so
          </label>
        </fieldset>
      )}
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
      <div className="row">
        <button className="button small main" type="submit" disabled={busy || !plain}>
          Save
        </button>
        <button className="button small quiet" type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
