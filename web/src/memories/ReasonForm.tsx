/** A deed that may be given a reason, which is kept with it. */

import { type FormEvent, useId, useState } from "react";
import { focusNow } from "../parts/focus";

type Props = {
  label: string;
  verb: string;
  hint: string;
  busy: boolean;
  failed: string;
  onReason(reason: string): void;
  onClose(): void;
};

const MAX_CHARS = 200;

export function ReasonForm({ label, verb, hint, busy, failed, onReason, onClose }: Props) {
  const [reason, setReason] = useState("");
  const id = useId();
  const send = (event: FormEvent) => {
    event.preventDefault();
    onReason(reason.trim());
  };
  return (
    <form
      className="edit"
      onSubmit={send}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <label className="small" htmlFor={id}>
        {label} <span className="soft">(you may leave it empty)</span>
      </label>
      <input
        id={id}
        className="field"
        dir="auto"
        maxLength={MAX_CHARS}
        value={reason}
        aria-describedby={`${id}hint`}
        ref={focusNow}
        onChange={(event) => setReason(event.target.value)}
      />
      <p id={`${id}hint`} className="small soft">
        {hint}
      </p>
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
      <div className="row">
        <button className="button small main" type="submit" disabled={busy}>
          {verb}
        </button>
        <button className="button small quiet" type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
