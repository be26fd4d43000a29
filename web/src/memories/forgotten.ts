/** Tells whoever shows memories that one was forgotten: its words may stand in others, too. */

import { useSyncExternalStore } from "react";

let times = 0;
const told = new Set<() => void>();

export function tellForgotten(): void {
  times += 1;
  for (const each of told) each();
}

/** Grows each time that something was forgotten on this page. */
export function useForgotten(): number {
  return useSyncExternalStore(listen, () => times);
}

function listen(each: () => void): () => void {
  told.add(each);
  return () => told.delete(each);
}
