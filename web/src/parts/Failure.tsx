/** What went wrong, as a sentence, and the way to try again; a server that is away is asked again by itself. */

import { useEffect, useRef } from "react";
import { UNREACHABLE } from "../api/http";

const AGAIN_MS = 3000;

export function Failure({ sentence, again }: { sentence: string; again(): void }) {
  const latest = useRef(again);
  useEffect(() => {
    latest.current = again;
  });
  useEffect(() => {
    if (sentence !== UNREACHABLE) return;
    const timer = setInterval(() => latest.current(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [sentence]);
  return (
    <div className="alert row" role="alert">
      <span>{sentence}</span>
      <button className="button small" type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
