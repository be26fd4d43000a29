/** One instruction with its versions, and the way back to the one before. */

import type { Memory } from "../api/memories";
import { rollBackProcedure } from "../api/procedures";
import { Time } from "../parts/Time";
import { mayGoBack } from "./instructions";
import { MemoryCard } from "./MemoryCard";
import { useAct } from "./useAct";
import { STATUS_WORDS } from "./words";

type Props = { shown: Memory; versions: Memory[]; onChange(): void };

export function Instruction({ shown, versions, onChange }: Props) {
  const { busy, failed, run } = useAct();
  return (
    <div className="instruction">
      <MemoryCard memory={shown} onChange={onChange} />
      {versions.length > 1 && (
        <details className="small">
          <summary>{versions.length} versions</summary>
          <ol className="wordings">
            {versions.map((each) => (
              <li key={each.id} aria-current={each.id === shown.id ? "true" : undefined}>
                <span dir="auto">{each.text}</span>{" "}
                <span className="soft">
                  {each.undone ? "Undone with its turn." : each.reason || STATUS_WORDS[each.status]} (
                  <Time at={each.provenance.recorded_at} />)
                </span>
              </li>
            ))}
          </ol>
          {mayGoBack({ shown, versions }) && (
            <button
              className="button small"
              type="button"
              disabled={busy}
              onClick={() => run(() => rollBackProcedure(shown.id).then(onChange))}
            >
              Go back to the version before
            </button>
          )}
          {failed && (
            <p className="alert" role="alert">
              {failed}
            </p>
          )}
        </details>
      )}
    </div>
  );
}
