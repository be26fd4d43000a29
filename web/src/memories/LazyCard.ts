/** The card of a memory for where it is no part of the first view. */

import { lazy } from "react";
import { brought } from "../app/files";

export const MemoryCard = lazy(() =>
  brought("MemoryCard", () => import("./MemoryCard")).then((module) => ({ default: module.MemoryCard })),
);
