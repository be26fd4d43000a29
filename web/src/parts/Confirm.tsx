/** A question that is asked before something is done for good: a native dialog, closed by Escape. */

import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import "./confirm.css";

type Props = {
  title: string;
  /** What the button does, as a verb: "Forget for good". */
  verb: string;
  children: ReactNode;
  onYes(): void;
  onNo(): void;
  busy?: boolean;
  /** False while something is still to be filled in. */
  ready?: boolean;
  /** What went wrong, as a sentence. */
  failed?: string;
};

export function Confirm({ title, verb, children, onYes, onNo, busy = false, ready = true, failed }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) onYes();
  };
  return (
    <dialog
      ref={dialog}
      className="confirm"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
    >
      <form onSubmit={send}>
        <h2 id={titleId}>{title}</h2>
        {children}
        {failed && (
          <p className="alert" role="alert">
            {failed}
          </p>
        )}
        <div className="row">
          <button className="button" type="button" onClick={onNo}>
            Cancel
          </button>
          <button className="button bad" type="submit" disabled={busy || !ready}>
            {busy ? "One moment …" : verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
