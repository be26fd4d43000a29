/** From many dimensions to two, the near ones near: UMAP with a seed. Pure; for a worker, as it takes seconds. */

import { UMAP } from "umap-js";
import { seeded } from "./random";

export type Spot = [x: number, y: number];
export type Progress = (done: number, of: number) => void;

/** Below this there are no neighbourhoods to keep: the two dimensions that tell most will do. */
export const FEW = 20;
const SEED = 20_260_503;
const NEIGHBOURS = 15;
const MANY = 1_500;

export function layOut(rows: number[][], progress: Progress = () => {}): Spot[] {
  if (rows.length < FEW) return rows.map(([x = 0, y = 0]) => [x, y]);
  const epochs = rows.length > MANY ? 200 : 350;
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, rows.length - 1),
    minDist: 0.25,
    nEpochs: epochs,
    random: seeded(SEED),
  });
  umap.initializeFit(rows);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    umap.step();
    if (epoch % 10 === 0) progress(epoch, epochs);
  }
  return umap.getEmbedding().map(([x = 0, y = 0]) => [x, y]);
}
