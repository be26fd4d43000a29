/** What differs in the short-term memory between two points: told in words, signs and colours. */

import { useCallback } from "react";
import { readDifference } from "../api/timeline";
import { Failure } from "../parts/Failure";
import { keyed } from "../parts/keyed";
import { useAsked } from "../parts/useAsked";
import { asKept } from "./asKept";
import { type Group, groups, type Row } from "./changes";
import type { Point } from "./steps";

type Props = {
  thread: string;
  before: string;
  after: string;
  names(id: string): Point | undefined;
  onEnd(): void;
  onSwap(): void;
};

const SIGNS: Record<Row["kind"], string> = { added: "+", removed: "−", changed: "~" };
const WORDS: Record<Row["kind"], string> = { added: "Added", removed: "Removed", changed: "Changed" };
/** These are told anew with each turn: what is missing of them was taken away from nobody. */
const OF_A_TURN = new Set(["recalled", "learned"]);
const WORDS_OF_A_TURN: Record<Row["kind"], string> = { added: "At B", removed: "At A", changed: "Changed" };

export function Compare({ thread, before, after, names, onEnd, onSwap }: Props) {
  const question = useCallback(
    async (signal: AbortSignal) => asKept(await readDifference(thread, before, after, signal), signal),
    [thread, before, after],
  );
  const { answer, failed, again } = useAsked(question);
  const found = answer ? groups(answer) : [];
  return (
    <section className="compare card" aria-labelledby="compare-name">
      <div className="row">
        <h2 id="compare-name">From A to B</h2>
        <button className="button small" type="button" onClick={onSwap}>
          Swap
        </button>
        <button className="button small" type="button" onClick={onEnd}>
          Compare no more
        </button>
      </div>
      <p className="small soft">
        A: {told(names(before))} · B: {told(names(after))}
      </p>
      {failed && <Failure sentence={failed} again={again} />}
      {!answer && !failed && <p className="soft">One moment …</p>}
      {answer && found.length === 0 && <p>Nothing differs that a person would see.</p>}
      {found.map((group) => (
        <OfKey key={group.key} group={group} />
      ))}
    </section>
  );
}

function told(point: Point | undefined): string {
  return point ? `${point.name}, ${new Date(point.at).toLocaleTimeString()}` : "an earlier step";
}

function OfKey({ group }: { group: Group }) {
  const words = OF_A_TURN.has(group.key) ? WORDS_OF_A_TURN : WORDS;
  return (
    <div>
      <h3>{group.name}</h3>
      <ul className="diff">
        {keyed(group.rows, (row) => row.kind + row.text).map(({ key, item: row }) => (
          <li key={key} className={row.kind}>
            <span className="sign" aria-hidden="true">
              {SIGNS[row.kind]}
            </span>
            <span className="word">{words[row.kind]}</span>
            {row.before === undefined ? (
              <span>{row.text}</span>
            ) : (
              <span>
                <del>{row.before}</del> <ins>{row.text}</ins>
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
