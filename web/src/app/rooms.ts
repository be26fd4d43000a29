/** The rooms that come behind the first view, each a part of the build of its own. */

import { lazy } from "react";
import { brought } from "./files";

const LOADS = {
  memories: () => brought("MemoriesRoom", () => import("../memories/MemoriesRoom")),
  map: () => brought("MapRoom", () => import("../memories/MapRoom")),
  time: () => brought("TimeRoom", () => import("../timeline/TimeRoom")),
  health: () => brought("HealthRoom", () => import("../health/HealthRoom")),
};

export const MemoriesRoom = lazy(LOADS.memories);
export const MapRoom = lazy(LOADS.map);
export const TimeRoom = lazy(LOADS.time);
export const HealthRoom = lazy(LOADS.health);

/** Brings them while there is nothing else to do, so that each opens at once and while the server is away. */
export async function loadRooms(): Promise<void> {
  // One that did not come says so when somebody opens it.
  for (const load of Object.values(LOADS)) await load().catch(() => undefined);
}
