/** From many dimensions to two, the near ones near: UMAP with a seed. Pure; for a worker, as it takes seconds. */

import { UMAP } from "umap-js";
import { seeded } from "./random";

export type Spot = [x: number, y: number];
export type Progress = (done: number, of: number) => void;

/** Below this there are no neighbourhoods to keep: the two dimensions that tell most will do. */
export const FEW = 20;
const SEED = 20_260_503;
const NEIGHBOURS = 30;
const MANY = 1_500;

export function layOut(rows: number[][], progress: Progress = () => {}): Spot[] {
  if (rows.length < FEW) return rows.map(([x = 0, y = 0]): Spot => [x, y]);
  const epochs = rows.length > MANY ? 200 : 350;
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, rows.length - 1),
    minDist: 0.5,
    spread: 1.5,
    nEpochs: epochs,
    random: seeded(SEED),
  });
  umap.initializeFit(rows);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    umap.step();
    if (epoch % 10 === 0) progress(epoch, epochs);
  }
  return evened(umap.getEmbedding().map(([x = 0, y = 0]): Spot => [x, y]));
}

/** Half by where each lies and half by its rank, along both ways: groups stay apart, and no room stays empty. */
export function evened(spots: Spot[]): Spot[] {
  const [xs, ys] = [along(spots.map(([x]) => x)), along(spots.map(([, y]) => y))];
  return spots.map((_, index) => [xs[index] ?? 0, ys[index] ?? 0]);
}

function along(values: number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const [least, most] = [values[order[0] ?? 0] ?? 0, values[order.at(-1) ?? 0] ?? 0];
  const made = values.map((value) => (value - least) / (most - least || 1));
  for (const [rank, index] of order.entries()) {
    made[index] = ((made[index] ?? 0) + rank / Math.max(1, values.length - 1)) / 2;
  }
  return made;
}
