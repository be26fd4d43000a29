/** What the server answers to a question, asked again when the question is another one. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Failed } from "../api/http";

export type Asked<Answer> = {
  answer: Answer | null;
  /** What went wrong, as a sentence; the answer before stays. */
  failed: string;
  again(): void;
};

/** `question` has to stay the same function while it asks the same thing (useCallback); null asks nothing. */
export function useAsked<Answer>(question: ((signal: AbortSignal) => Promise<Answer>) | null): Asked<Answer> {
  const [held, setHeld] = useState<{ of: unknown; answer: Answer } | null>(null);
  const [failed, setFailed] = useState("");
  const asking = useRef<AbortController | null>(null);

  const again = useCallback(async () => {
    asking.current?.abort();
    if (!question) return;
    const mine = new AbortController();
    asking.current = mine;
    try {
      const answer = await question(mine.signal);
      if (mine.signal.aborted) return;
      setHeld({ of: question, answer });
      setFailed("");
    } catch (error) {
      if (!mine.signal.aborted) setFailed(sentenceOf(error));
    }
  }, [question]);

  useEffect(() => {
    void again();
    return () => asking.current?.abort();
  }, [again]);
  // Another question's answer is none to this one.
  return { answer: held && held.of === question ? held.answer : null, failed, again };
}

export function sentenceOf(error: unknown): string {
  return error instanceof Failed ? error.message : `Something went wrong on this page: ${String(error)}`;
}
