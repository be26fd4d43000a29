/** A question that the run waits with: keep what was proposed, say it otherwise, or leave it. */

import { type FormEvent, useState } from "react";
import { focusNow } from "../parts/focus";
import { type Action, type Decision, editable, edited } from "./review";

type Props = { actions: Action[]; busy: boolean; onDecide(decisions: Decision[]): void };

/** All questions are answered at once: the answers go back in their order. */
export function ReviewCard({ actions, busy, onDecide }: Props) {
  const [decisions, setDecisions] = useState<Decision[]>([]);
  const action = actions[decisions.length];
  const decide = (decision: Decision) => {
    const all = [...decisions, decision];
    setDecisions(all);
    if (all.length === actions.length) onDecide(all);
  };
  if (!action) return null;
  return (
    <section className="review card" aria-label="A question to you">
      {actions.length > 1 && (
        <p className="soft small">
          Question {decisions.length + 1} of {actions.length}
        </p>
      )}
      <Question key={decisions.length} action={action} busy={busy} onDecide={decide} />
    </section>
  );
}

function Question({
  action,
  busy,
  onDecide,
}: {
  action: Action;
  busy: boolean;
  onDecide(d: Decision): void;
}) {
  const name = editable(action);
  const proposed = name ? String(action.args[name]) : JSON.stringify(action.args, null, 2);
  const [text, setText] = useState<string | null>(null);
  const may = (kind: Action["allowed"][number]) => action.allowed.includes(kind);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text?.trim()) onDecide(edited(action, text.trim()));
  };
  return (
    <form onSubmit={send}>
      <p>{action.description || "The assistant asks before it goes on."}</p>
      {text === null ? (
        <blockquote>{proposed}</blockquote>
      ) : (
        <textarea
          ref={focusNow}
          className="field"
          aria-label="The instruction"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <div className="row">
        {text === null ? (
          <>
            {may("approve") && (
              <button
                className="button main"
                type="button"
                disabled={busy}
                onClick={() => onDecide({ type: "approve" })}
              >
                Yes, always
              </button>
            )}
            {may("edit") && name && (
              <button className="button" type="button" disabled={busy} onClick={() => setText(proposed)}>
                Say it otherwise
              </button>
            )}
            {may("reject") && (
              <button
                className="button"
                type="button"
                disabled={busy}
                onClick={() => onDecide({ type: "reject" })}
              >
                No
              </button>
            )}
          </>
        ) : (
          <>
            <button className="button main" type="submit" disabled={busy || !text.trim()}>
              Keep it like this
            </button>
            <button className="button" type="button" onClick={() => setText(null)}>
              Cancel
            </button>
          </>
        )}
      </div>
    </form>
  );
}
