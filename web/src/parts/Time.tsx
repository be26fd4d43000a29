/** A time in short words; the exact one is there to point at. */

import { exact, inWords } from "./time";

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exact(at)}>
      {inWords(at)}
    </time>
  );
}
