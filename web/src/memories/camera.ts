/** Where one looks on the map: pure sums between the map's own units and pixels. */

import type { Spot } from "./layout";

/** Pixels a unit, and the map's spot in the middle of the view. */
export type Camera = { scale: number; x: number; y: number };
export type Size = { width: number; height: number };

const MARGIN = 0.12;
const MOST_TIMES = 60;

/** All of these spots in view. */
export function fitting(spots: Spot[], { width, height }: Size): Camera {
  if (!spots.length) return { scale: 1, x: 0, y: 0 };
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of spots) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const room = 1 - 2 * MARGIN;
  const scale = Math.min((width * room) / (right - left || 1), (height * room) / (bottom - top || 1));
  return { scale: scale || 1, x: (left + right) / 2, y: (top + bottom) / 2 };
}

export function toScreen([x, y]: Spot, camera: Camera, { width, height }: Size): Spot {
  return [(x - camera.x) * camera.scale + width / 2, (y - camera.y) * camera.scale + height / 2];
}

export function toMap([x, y]: Spot, camera: Camera, { width, height }: Size): Spot {
  return [(x - width / 2) / camera.scale + camera.x, (y - height / 2) / camera.scale + camera.y];
}

export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale };
}

/** Nearer by `times`, while what is at this pixel stays there; never out of reach of the whole. */
export function zoomed(camera: Camera, times: number, at: Spot, size: Size, whole: Camera): Camera {
  const scale = Math.min(Math.max(camera.scale * times, whole.scale / 2), whole.scale * MOST_TIMES);
  const [x, y] = toMap(at, camera, size);
  return {
    scale,
    x: x - (at[0] - size.width / 2) / scale,
    y: y - (at[1] - size.height / 2) / scale,
  };
}

/** The index of what is nearest to a pixel, within `reach` pixels; -1 where there is none. */
export function nearestTo(at: Spot, spots: Spot[], camera: Camera, size: Size, reach: number): number {
  let [best, least] = [-1, reach * reach];
  for (const [index, spot] of spots.entries()) {
    const [x, y] = toScreen(spot, camera, size);
    const far = (x - at[0]) ** 2 + (y - at[1]) ** 2;
    if (far < least) [best, least] = [index, far];
  }
  return best;
}
