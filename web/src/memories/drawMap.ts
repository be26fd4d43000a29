/** Draws the map on a canvas: a dot for each memory, and over each group its words. */

import type { Point } from "../api/map";
import type { Kind } from "../api/memories";
import { type Camera, type Size, toScreen } from "./camera";
import type { Spot } from "./layout";
import type { Group } from "./useMap";

export type Colours = Record<Kind, string> & { ink: string; ground: string };
export type Scene = {
  points: Point[];
  spots: Spot[];
  groups: Group[];
  /** Empty: all. */
  kinds: Kind[];
  pointed: number;
  chosen: string;
};

const FAINT = 0.08;
const FULL = 0.75;
const FONT_PX = 13;
const ROOM_PX = 6;

export function drawMap(
  to: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  size: Size,
  colours: Colours,
) {
  to.clearRect(0, 0, size.width, size.height);
  const grown = Math.min(2, Math.max(0.8, Math.sqrt(camera.scale / 40)));
  for (const [index, point] of scene.points.entries()) {
    const [x, y] = toScreen(scene.spots[index] ?? [0, 0], camera, size);
    if (x < -20 || y < -20 || x > size.width + 20 || y > size.height + 20) continue;
    const stands = !scene.kinds.length || scene.kinds.includes(point.kind);
    const marked = index === scene.pointed || point.id === scene.chosen;
    to.globalAlpha = marked ? 1 : stands ? FULL : FAINT;
    to.fillStyle = colours[point.kind];
    to.beginPath();
    to.arc(x, y, radius(point) * grown + (marked ? 2 : 0), 0, 2 * Math.PI);
    to.fill();
    if (!marked) continue;
    to.lineWidth = 2;
    to.strokeStyle = colours.ink;
    to.stroke();
  }
  to.globalAlpha = 1;
  drawLabels(to, scene.groups, camera, size, colours);
}

const radius = ({ importance }: Point) => 2 + 3.5 * importance;

/** The largest groups first; a label that would lie upon another stays away. */
function drawLabels(
  to: CanvasRenderingContext2D,
  groups: Group[],
  camera: Camera,
  size: Size,
  { ink, ground }: Colours,
) {
  to.font = `600 ${FONT_PX}px system-ui, sans-serif`;
  to.textAlign = "center";
  to.textBaseline = "middle";
  to.lineJoin = "round";
  const taken: [left: number, top: number, right: number, bottom: number][] = [];
  for (const group of groups) {
    const [x, y] = toScreen(group.centre, camera, size);
    const half = to.measureText(group.label).width / 2 + ROOM_PX;
    const box: [number, number, number, number] = [x - half, y - FONT_PX, x + half, y + FONT_PX];
    const outside = box[2] < 0 || box[0] > size.width || box[3] < 0 || box[1] > size.height;
    if (outside || taken.some((other) => meets(box, other))) continue;
    taken.push(box);
    to.lineWidth = 4;
    to.strokeStyle = ground;
    to.strokeText(group.label, x, y);
    to.fillStyle = ink;
    to.fillText(group.label, x, y);
  }
}

function meets(a: number[], b: number[]): boolean {
  const [al = 0, at = 0, ar = 0, ab = 0] = a;
  const [bl = 0, bt = 0, br = 0, bb = 0] = b;
  return al < br && bl < ar && at < bb && bt < ab;
}
