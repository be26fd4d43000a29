/** The map's points with their spots: read, laid out beside the page, grouped and named. */

import { useCallback, useEffect, useState } from "react";
import { type Point, readMap } from "../api/map";
import type { Memory } from "../api/memories";
import { clusters } from "./clusters";
import { labels } from "./labels";
import type { Spot } from "./layout";
import { layOutInWorker } from "./layoutInWorker";
import { sentence } from "./useAct";

export type Group = { label: string; centre: Spot; members: number[] };
export type Laid = { points: Point[]; spots: Spot[]; groups: Group[]; notes: string[] };

/** With fewer there is nothing to see on a map. */
export const FEWEST = 5;
const NO_WORKER = "This browser could not lay the map out. The list of memories shows the same.";

export function useMap() {
  const [laid, setLaid] = useState<Laid | null>(null);
  const [done, setDone] = useState(0);
  const [failed, setFailed] = useState("");
  const [asked, setAsked] = useState(1);
  useEffect(() => {
    const mine = new AbortController();
    if (asked)
      void read(mine.signal, setDone).then(
        (found) => mine.signal.aborted || setLaid(found),
        (error) =>
          mine.signal.aborted || setFailed(error instanceof LayoutFailed ? NO_WORKER : sentence(error)),
      );
    return () => mine.abort();
  }, [asked]);
  const again = useCallback(() => {
    setFailed("");
    setAsked((count) => count + 1);
  }, []);
  const changed = useCallback((next: Memory | null, before: Memory) => {
    setLaid((now) => now && without(now, before.id, next));
  }, []);
  return { laid, done, failed, again, changed };
}

class LayoutFailed extends Error {}

async function read(signal: AbortSignal, progress: (part: number) => void): Promise<Laid> {
  const { points, notes } = await readMap(signal);
  if (points.length < FEWEST) return { points, notes, spots: [], groups: [] };
  const rows = points.map((point) => point.at);
  const spots = await layOutInWorker(rows, (done, of) => progress(done / of), signal).catch(() => {
    throw new LayoutFailed();
  });
  return { points, notes, spots, groups: named(points, spots) };
}

export function named(points: Point[], spots: Spot[]): Group[] {
  const found = clusters(spots);
  const words = labels(found.map(({ members }) => members.map((at) => points[at]?.text ?? "")));
  return found.map((each, index) => ({ ...each, label: words[index] ?? "…" }));
}

/** What was forgotten is gone from the map, and what was put in other words stays at its spot. */
export function without(laid: Laid, id: string, next: Memory | null): Laid {
  const index = laid.points.findIndex((point) => point.id === id);
  if (index < 0) return laid;
  if (next?.status === "active") {
    const { kind, status, text, importance } = next;
    const points = laid.points.map((point, at) =>
      at === index ? { ...point, id: next.id, kind, status, text, importance } : point,
    );
    return { ...laid, points };
  }
  const rest = <Item>(items: Item[]) => items.filter((_, at) => at !== index);
  const groups = laid.groups.map((group) => ({
    ...group,
    members: group.members.filter((at) => at !== index).map((at) => (at > index ? at - 1 : at)),
  }));
  return {
    ...laid,
    points: rest(laid.points),
    spots: rest(laid.spots),
    groups: groups.filter((group) => group.members.length),
  };
}
