/** A question that the run waits with: decided on, changed, or answered in words. */

import { type FormEvent, useState } from "react";
import { focusNow } from "../parts/focus";
import { ArgumentField } from "./ArgumentField";
import { type Action, type Answer, asText, type Decision, edited, PROCEDURE, type Question } from "./review";

type Props = { question: Question; busy: boolean; onAnswer(answer: Answer): void };

/** All actions of one question are answered at once: the decisions go back in their order. */
export function ReviewCard({ question, busy, onAnswer }: Props) {
  const { actions, value } = question;
  const [decisions, setDecisions] = useState<Decision[]>([]);
  const action = actions[decisions.length];
  const decide = (decision: Decision) => {
    const all = [...decisions, decision];
    setDecisions(all);
    if (all.length === actions.length) onAnswer({ decisions: all });
  };
  if (!action && actions.length > 0) return null;
  return (
    <section className="review card" aria-label="A question to you">
      {actions.length > 1 && (
        <p className="soft small">
          Question {decisions.length + 1} of {actions.length}
        </p>
      )}
      {action ? (
        <Decide key={decisions.length} action={action} busy={busy} onDecide={decide} />
      ) : (
        <InWords value={value} busy={busy} onAnswer={onAnswer} />
      )}
    </section>
  );
}

type InWordsProps = { value: unknown; busy: boolean; onAnswer(answer: string): void };

function InWords({ value, busy, onAnswer }: InWordsProps) {
  const [text, setText] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) onAnswer(text.trim());
  };
  return (
    <form onSubmit={send}>
      <p className="asked">{asText(value)}</p>
      <textarea
        className="field"
        aria-label="Your answer"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <button className="button main" type="submit" disabled={busy || !text.trim()}>
          Answer
        </button>
      </div>
    </form>
  );
}

const WORDS = { yes: "Yes", change: "Change it", no: "No", changed: "Do it like this" };
const OF_PROCEDURE = {
  ...WORDS,
  yes: "Yes, always",
  change: "Say it otherwise",
  changed: "Keep it like this",
};

type DecideProps = { action: Action; busy: boolean; onDecide(decision: Decision): void };

function Decide({ action, busy, onDecide }: DecideProps) {
  const [typed, setTyped] = useState<Record<string, string> | null>(null);
  const args = Object.entries(action.args);
  const words = action.name === PROCEDURE ? OF_PROCEDURE : WORDS;
  const may = (kind: Action["allowed"][number]) => action.allowed.includes(kind);
  const changed = typed && edited(action, typed);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (changed) onDecide(changed);
  };
  const asked = <p className="asked">{action.description || "The assistant asks before it goes on."}</p>;
  if (typed)
    return (
      <form onSubmit={send}>
        {asked}
        {args.map(([name, was], place) => (
          <ArgumentField
            key={name}
            label={action.name === PROCEDURE ? `The ${name}` : name}
            was={was}
            value={typed[name] ?? ""}
            focus={place === 0 ? focusNow : undefined}
            onChange={(text) => setTyped({ ...typed, [name]: text })}
          />
        ))}
        <div className="row">
          <button className="button main" type="submit" disabled={busy || !changed}>
            {words.changed}
          </button>
          <button className="button" type="button" onClick={() => setTyped(null)}>
            Cancel
          </button>
        </div>
      </form>
    );
  const begin = () => setTyped(Object.fromEntries(args.map(([name, value]) => [name, asText(value)])));
  return (
    <form onSubmit={send}>
      {asked}
      {args.length > 0 && <blockquote>{proposed(action)}</blockquote>}
      <div className="row">
        {may("approve") && (
          <button
            className="button main"
            type="button"
            disabled={busy}
            onClick={() => onDecide({ type: "approve" })}
          >
            {words.yes}
          </button>
        )}
        {may("edit") && args.length > 0 && (
          <button className="button" type="button" disabled={busy} onClick={begin}>
            {words.change}
          </button>
        )}
        {may("reject") && (
          <button
            className="button"
            type="button"
            disabled={busy}
            onClick={() => onDecide({ type: "reject" })}
          >
            {words.no}
          </button>
        )}
      </div>
    </form>
  );
}

function proposed({ name, args }: Action): string {
  const lines = Object.entries(args).map(([each, value]) =>
    name === PROCEDURE ? asText(value) : `${each}: ${asText(value)}`,
  );
  return lines.join("\n");
}
