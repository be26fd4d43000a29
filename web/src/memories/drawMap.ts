/** Draws the map on a canvas: a dot for each memory, and over each group its words. */

import type { Point } from "../api/map";
import type { Kind } from "../api/memories";
import { type Camera, type Size, toScreen } from "./camera";
import type { Spot } from "./layout";
import { type Box, placed } from "./placing";
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
  /** What lies over the map, which no words may be behind. */
  covered: Box[];
};

const FAINT = 0.08;
const FULL = 0.75;
const FONT_PX = 13;

export function drawMap(
  to: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  size: Size,
  colours: Colours,
) {
  to.clearRect(0, 0, size.width, size.height);
  const grown = Math.min(2, Math.max(0.8, Math.sqrt(camera.scale / 700)));
  const seen: Spot[] = [];
  for (const [index, point] of scene.points.entries()) {
    const [x, y] = toScreen(scene.spots[index] ?? [0, 0], camera, size);
    if (x < -20 || y < -20 || x > size.width + 20 || y > size.height + 20) continue;
    seen.push([x, y]);
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
  drawLabels(to, scene, seen, camera, size, colours);
}

const radius = ({ importance }: Point) => 2.4 + 3.8 * importance;

/** The largest groups first; what finds no place stays away. */
function drawLabels(
  to: CanvasRenderingContext2D,
  { groups, covered }: Scene,
  dots: Spot[],
  camera: Camera,
  size: Size,
  { ink, ground }: Colours,
) {
  to.font = `600 ${FONT_PX}px system-ui, sans-serif`;
  to.textAlign = "center";
  to.textBaseline = "middle";
  to.lineJoin = "round";
  const words = groups.map(({ label, centre }) => ({
    middle: toScreen(centre, camera, size),
    width: to.measureText(label).width,
  }));
  for (const [index, spot] of placed(words, dots, size, covered).entries()) {
    const label = groups[index]?.label;
    if (!spot || !label) continue;
    to.lineWidth = 4;
    to.strokeStyle = ground;
    to.strokeText(label, ...spot);
    to.fillStyle = ink;
    to.fillText(label, ...spot);
  }
}
