/** Asks for the user's own id before everything is erased, and shows how much that is. */

import { useEffect, useId, useState } from "react";
import { type Counts, countEverything, type Erased, eraseEverything } from "../api/memories";
import { Confirm } from "../parts/Confirm";
import { placesOf } from "./places";
import { sentence, useAct } from "./useAct";

type Props = { onErased(told: Erased): void; onClose(): void };

export function EraseDialog({ onErased, onClose }: Props) {
  const [counts, setCounts] = useState<Counts | null>(null);
  const [uncounted, setUncounted] = useState("");
  const [typed, setTyped] = useState("");
  const { busy, failed, run } = useAct();
  const id = useId();
  useEffect(() => {
    countEverything().then(setCounts, (error) => setUncounted(sentence(error)));
  }, []);
  const places = placesOf(counts?.counts ?? {});
  return (
    <Confirm
      title="Erase everything for good?"
      verb="Erase everything"
      busy={busy}
      ready={counts !== null && typed === counts.confirm}
      failed={failed || uncounted}
      onNo={onClose}
      onYes={() => run(async () => onErased(await eraseEverything(typed)))}
    >
      {!counts && !uncounted && <p className="soft">Counting …</p>}
      {counts && (
        <>
          <p>{places.length ? "This will go:" : "There is nothing of yours to erase."}</p>
          <ul>
            {places.map((place) => (
              <li key={place.name}>{place.words}</li>
            ))}
          </ul>
          <p>It cannot be brought back. Download it first if you may want it again.</p>
          <label htmlFor={id}>
            Type <strong>{counts.confirm}</strong> to go on
          </label>
          <input
            id={id}
            className="field"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </>
      )}
    </Confirm>
  );
}
