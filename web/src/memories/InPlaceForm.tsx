/** A form in the place of what it is about: what it asks, what went wrong, and the two ways out of it. */

import type { ReactNode } from "react";

type Props = {
  /** What the button that sends it says. */
  verb: string;
  /** Whether it can be sent now. */
  ready: boolean;
  failed: string;
  onSend(): void;
  onClose(): void;
  children: ReactNode;
};

export function InPlaceForm({ verb, ready, failed, onSend, onClose, children }: Props) {
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      {children}
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
      <div className="row">
        <button className="button small main" type="submit" disabled={!ready}>
          {verb}
        </button>
        <button className="button small quiet" type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
