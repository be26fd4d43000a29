/** Asks a worker for the layout; ended when nobody waits for it any more. */

import type { Progress, Spot } from "./layout";
import type { Told } from "./layout.worker";

export function layOutInWorker(rows: number[][], progress: Progress, signal: AbortSignal): Promise<Spot[]> {
  const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  signal.addEventListener("abort", () => worker.terminate());
  return new Promise<Spot[]>((resolve, reject) => {
    worker.onerror = () => reject(new Error("The worker of the map did not start."));
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("done" in data) progress(data.done, data.of);
      else if ("spots" in data) resolve(data.spots);
      else reject(new Error(data.failed));
    };
    worker.postMessage(rows);
  }).finally(() => worker.terminate());
}
