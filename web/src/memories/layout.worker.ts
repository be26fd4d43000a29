/** Lays the map out beside the page, so that the page stays free. */

import { layOut, type Spot } from "./layout";

export type Told = { done: number; of: number } | { spots: Spot[] } | { failed: string };

const tell = (told: Told) => self.postMessage(told);

self.onmessage = ({ data }: MessageEvent<number[][]>) => {
  try {
    tell({ spots: layOut(data, (done, of) => tell({ done, of })) });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
};
