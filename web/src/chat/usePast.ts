/** The conversations that a fork goes on from, the nearest first: read once, when it is known to be one. */

import { useEffect, useMemo, useState } from "react";
import { MOST_STEPS, readHistory } from "../api/timeline";
import { isWhole } from "./branches";
import { endOfTurn, originOf, type Place } from "./past";

const NEW_STEPS = 60;
/** Forks of forks. */
const MOST = 10;

type Known = { of: string; places: Place[]; read: boolean };

const NOTHING: Place[] = [];

export function usePast(place: Place | null): { places: Place[]; read: boolean } {
  const origin = useMemo(() => (place ? originOf(place) : null), [place]);
  const of = origin ? `${origin.thread}:${origin.head}` : "";
  const [known, setKnown] = useState<Known | null>(null);

  useEffect(() => {
    if (!of) return;
    let left = false;
    const places: Place[] = [];
    const read = async () => {
      const [thread = "", head = ""] = of.split(":");
      let next: Place | null = { thread, head, steps: [] };
      while (next && places.length < MOST) {
        const found: Place = await filled(next);
        if (left) return;
        places.push(found);
        next = originOf(found);
      }
    };
    // One that was deleted tells nothing more; what was read before it stands.
    read()
      .catch(() => undefined)
      .then(() => !left && setKnown({ of, places, read: true }));
    return () => {
      left = true;
    };
  }, [of]);

  if (!of) return { places: NOTHING, read: true };
  return known?.of === of ? known : { places: NOTHING, read: false };
}

async function filled({ thread, head }: Place): Promise<Place> {
  const newest = await readHistory(thread, NEW_STEPS);
  const steps = isWhole(newest, head) ? newest : await readHistory(thread, MOST_STEPS);
  return { thread, head: endOfTurn(steps, head), steps };
}
