/** A deed that may be given a reason, which is kept with it. */

import { useId, useState } from "react";
import { focusNow } from "../parts/focus";
import { InPlaceForm } from "./InPlaceForm";

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
  return (
    <InPlaceForm
      verb={verb}
      ready={!busy}
      failed={failed}
      onSend={() => onReason(reason.trim())}
      onClose={onClose}
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
    </InPlaceForm>
  );
}
