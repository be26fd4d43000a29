/** The memories as points in a few dimensions (server/map.py): what is near in meaning is near. */

import { ask } from "./http";
import type { Kind, MemoryStatus } from "./memories";

export type Point = {
  id: string;
  kind: Kind;
  status: MemoryStatus;
  text: string;
  said_at: string;
  importance: number;
  at: number[];
};
export type Points = { points: Point[]; dimensions: number; notes: string[] };

export const readMap = (signal?: AbortSignal) => ask<Points>("/mnemograph/memories/map", { signal });
