/** What stands behind the last turn: a question, warnings, and what went wrong with a way on. */

import { sentenceOf } from "./errors";
import { ReviewCard } from "./ReviewCard";
import type { Turn } from "./turns";
import type { Conversation } from "./useConversation";

type Props = {
  conversation: Conversation;
  unanswered: Turn | null;
  onTryAgain(): void;
};

export function Behind({ conversation, unanswered, onTryAgain }: Props) {
  const { busy, error, values, questions, answer } = conversation;
  const question = busy ? undefined : questions[0];
  const warnings = busy ? [] : (values.warnings ?? []);
  // What waits for an answer of the user's is on its way to one of its own.
  const silent = unanswered && questions.length === 0;
  const sentence = error ? sentenceOf(error) : silent ? "This message was not answered." : "";
  return (
    <div className="behind">
      {question && (
        <ReviewCard
          key={question.id}
          question={question}
          busy={busy}
          onAnswer={(given) => answer(question.id, given)}
        />
      )}
      {warnings.map((warning) => (
        <p key={warning} className="notice small">
          {warning}
        </p>
      ))}
      {sentence && !busy && (
        <p className={error ? "alert" : "notice"} role="alert">
          {sentence}{" "}
          <button className="button small" type="button" onClick={onTryAgain}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}
