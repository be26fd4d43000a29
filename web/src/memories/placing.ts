/** Where the words of groups stand on the map: in sight, upon nothing else, and upon as few dots as may be. Pure. */

import type { Size } from "./camera";
import type { Spot } from "./layout";

export type Box = [left: number, top: number, right: number, bottom: number];
/** Words of this width around a middle, in pixels. */
export type Words = { middle: Spot; width: number };

const HIGH_PX = 26;
const ROOM_PX = 6;
/** How much of a dot stands out from its middle. */
const DOT_PX = 6;
const DOWN_PX = [0, -24, 24, -48, 48, -72, 72];
const ALONG_PX = [0, -45, 45, -90, 90];
/** So many pixels away are as bad as a dot that is covered. */
const FAR_PX = 60;

/** The middle of each, the first ones first; null: it finds no place. `taken` is what they may not cover. */
export function placed(
  all: readonly Words[],
  dots: readonly Spot[],
  size: Size,
  taken: Box[] = [],
): (Spot | null)[] {
  const full = [...taken];
  return all.map((words) => {
    const box = best(words, dots, size, full);
    if (!box) return null;
    full.push(box);
    return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  });
}

function best(
  { middle: [x, y], width }: Words,
  dots: readonly Spot[],
  size: Size,
  full: readonly Box[],
): Box | null {
  if (x < 0 || y < 0 || x > size.width || y > size.height) return null;
  const [half, high] = [width / 2 + ROOM_PX, HIGH_PX / 2];
  if (2 * half > size.width || HIGH_PX > size.height) return null;
  const [far, deep] = [half + 100, high + 90];
  const near = dots.filter((dot) => Math.abs(dot[0] - x) < far && Math.abs(dot[1] - y) < deep);
  let [found, least]: [Box | null, number] = [null, Infinity];
  for (const down of DOWN_PX) {
    for (const along of ALONG_PX) {
      const at = within(x + along, half, size.width);
      const on = within(y + down, high, size.height);
      const box: Box = [at - half, on - high, at + half, on + high];
      if (full.some((other) => meets(box, other))) continue;
      const cost = near.filter((dot) => covers(box, dot)).length + Math.hypot(at - x, on - y) / FAR_PX;
      if (cost < least) [found, least] = [box, cost];
    }
  }
  return found;
}

const within = (at: number, half: number, most: number) => Math.min(Math.max(at, half), most - half);

const covers = ([left, top, right, bottom]: Box, [x, y]: Spot) =>
  x > left - DOT_PX && x < right + DOT_PX && y > top && y < bottom;

export function meets([al, at, ar, ab]: Box, [bl, bt, br, bb]: Box): boolean {
  return al < br && bl < ar && at < bb && bt < ab;
}
