/** Which spots of the map belong together: k-means on the layout, with a seed. Pure. */

import type { Spot } from "./layout";
import { seeded } from "./random";

export type Cluster = { centre: Spot; members: number[] };

const SEED = 7;
const ROUNDS = 40;
const MOST = 14;

/** About one for each dozens of spots, the largest first; none of them is empty. */
export function clusters(spots: Spot[], count = countFor(spots.length)): Cluster[] {
  if (!spots.length) return [];
  let centres = apart(spots, count);
  let nearest: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = spots.map((spot) => closest(spot, centres));
    const same = found.every((each, index) => each === nearest[index]);
    nearest = found;
    if (same) break;
    centres = centres.map((centre, index) => mean(spots.filter((_, at) => found[at] === index)) ?? centre);
  }
  return centres
    .map((centre, index) => ({
      centre,
      members: spots.flatMap((_, at) => (nearest[at] === index ? [at] : [])),
    }))
    .filter((each) => each.members.length)
    .sort((a, b) => b.members.length - a.members.length);
}

export function countFor(spots: number): number {
  return Math.max(1, Math.min(MOST, Math.round(Math.sqrt(spots) / 2.2)));
}

/** Starts that are far from each other (k-means++). */
function apart(spots: Spot[], count: number): Spot[] {
  const random = seeded(SEED);
  const chosen: Spot[] = [spots[Math.floor(random() * spots.length)] ?? [0, 0]];
  const far = spots.map((spot) => distance(spot, chosen[0] ?? spot));
  while (chosen.length < Math.min(count, spots.length)) {
    let left = random() * far.reduce((sum, each) => sum + each, 0);
    const at = far.findIndex((each) => {
      left -= each;
      return left < 0;
    });
    const next = spots[at];
    if (!next) break;
    chosen.push(next);
    for (const [index, spot] of spots.entries()) far[index] = Math.min(far[index] ?? 0, distance(spot, next));
  }
  return chosen;
}

function closest(spot: Spot, centres: Spot[]): number {
  let best = 0;
  for (const [index, centre] of centres.entries()) {
    if (distance(spot, centre) < distance(spot, centres[best] ?? centre)) best = index;
  }
  return best;
}

function mean(spots: Spot[]): Spot | null {
  if (!spots.length) return null;
  const sum = spots.reduce<Spot>(([x, y], spot) => [x + spot[0], y + spot[1]], [0, 0]);
  return [sum[0] / spots.length, sum[1] / spots.length];
}

/** Squared: only compared. */
function distance([ax, ay]: Spot, [bx, by]: Spot): number {
  return (ax - bx) ** 2 + (ay - by) ** 2;
}
