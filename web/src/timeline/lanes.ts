/** Where the stretches of a branched conversation are drawn: each in a column of its own, each branch in a lane. Pure. */

import type { Stretch } from "./steps";

/** `from`: where the line to it begins; null where none is drawn. Both count from 0. */
export type Placed = { lane: number; from: { column: number; lane: number } | null };

export function lanesOf(found: Stretch[]): Placed[] {
  const placed: Placed[] = [];
  /** The newest column of each lane. */
  const ends: number[] = [];
  for (const [column, stretch] of found.entries()) {
    const place = placeOf(stretch, found, placed, ends);
    placed.push(place);
    ends[place.lane] = column;
  }
  return placed;
}

function placeOf(stretch: Stretch, found: Stretch[], placed: Placed[], ends: number[]): Placed {
  const { whence } = stretch;
  if (whence === undefined) return { lane: placed.at(-1)?.lane ?? 0, from: null };
  if (whence === null) return { lane: freeAfter(-1, 0, ends), from: null };
  const column = whence.stretch;
  const lane = placed[column]?.lane ?? 0;
  const from = { column, lane };
  // What goes on from the end of a line goes on in it.
  const isEnd = ends[lane] === column && found[column]?.points.at(-1)?.id === whence.point;
  return { lane: isEnd ? lane : freeAfter(lane, column, ends), from };
}

/** The first lane below where nothing stands from that column on. */
function freeAfter(lane: number, column: number, ends: number[]): number {
  let free = lane + 1;
  while ((ends[free] ?? -1) >= column) free += 1;
  return free;
}
