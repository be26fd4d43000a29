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
/** Where a label may go, from its group's middle. */
const ASIDE_PX = [0, -24, 24, -48, 48];

type Box = [left: number, top: number, right: number, bottom: number];

export function drawMap(
  to: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  size: Size,
  colours: Colours,
) {
  to.clearRect(0, 0, size.width, size.height);
  const grown = Math.min(2, Math.max(0.8, Math.sqrt(camera.scale / 700)));
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

const radius = ({ importance }: Point) => 2.4 + 3.8 * importance;

/** The largest groups first; a label that would lie upon another moves a little, or stays away. */
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
  const taken: Box[] = [];
  for (const group of groups) {
    const [centre, middle] = toScreen(group.centre, camera, size);
    if (centre < 0 || middle < 0 || centre > size.width || middle > size.height) continue;
    const half = to.measureText(group.label).width / 2 + ROOM_PX;
    const x = Math.min(Math.max(centre, half), size.width - half);
    const boxes = ASIDE_PX.map((aside): Box => {
      const at = middle + aside;
      return [x - half, at - FONT_PX, x + half, at + FONT_PX];
    });
    const box = boxes.find((each) => !taken.some((other) => meets(each, other)));
    if (!box) continue;
    taken.push(box);
    const y = (box[1] + box[3]) / 2;
    to.lineWidth = 4;
    to.strokeStyle = ground;
    to.strokeText(group.label, x, y);
    to.fillStyle = ink;
    to.fillText(group.label, x, y);
  }
}

function meets([al, at, ar, ab]: Box, [bl, bt, br, bb]: Box): boolean {
  return al < br && bl < ar && at < bb && bt < ab;
}
