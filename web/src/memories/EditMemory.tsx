/** A memory in other words, in place: because it changed, or because it was wrong. */

import { useId, useState } from "react";
import type { Memory } from "../api/memories";
import { focusNow } from "../parts/focus";
import { edit } from "./deeds";
import { InPlaceForm } from "./InPlaceForm";
import { useAct } from "./useAct";

type Props = { memory: Memory; onChange(next: Memory): void; onClose(): void };

const MAX_CHARS = { semantic: 500, episodic: 500, procedural: 300 };

export function EditMemory({ memory, onChange, onClose }: Props) {
  const [text, setText] = useState(memory.text);
  const [wrong, setWrong] = useState(false);
  const { busy, failed, run } = useAct();
  const id = useId();
  const plain = text.trim();
  const save = () => {
    if (plain === memory.text) return onClose();
    void run(async () => {
      const { memory: next } = await edit(memory, plain, wrong);
      onClose();
      onChange(next);
    });
  };
  return (
    <InPlaceForm verb="Save" ready={!busy && plain !== ""} failed={failed} onSend={save} onClose={onClose}>
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
    </InPlaceForm>
  );
}
