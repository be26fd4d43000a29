/** Where the turns of a conversation were said: a fork goes on from another one, in which the earlier ones stand. Pure. */

import type { Step } from "../api/timeline";
import { learnedOn, pathTo, saidIn } from "./branches";

/** A conversation up to one of its checkpoints. */
export type Place = { thread: string; head: string; steps: readonly Step[] };

/** What a conversation goes on from, if it is a fork. */
export function originOf({ steps, head }: Place): Place | null {
  const forked = pathTo(steps, head)[0]?.forked;
  return forked ? { thread: forked.thread_id, head: forked.checkpoint_id, steps: [] } : null;
}

/** Of a conversation and those before it, nearest first, the one in which a turn was said; null: nothing tells. */
export function placeOf(places: readonly Place[], humanId: string): Place | null {
  let origin: Place | null = null;
  for (const place of places) {
    const said = (step: Step) => saidIn(step).some((message) => message.id === humanId);
    const step = pathTo(place.steps, place.head).findLast(said);
    if (!step) break;
    if (!step.forked) return place;
    // Where it can no longer be read, its name is known all the same.
    origin = originOf(place);
  }
  return origin;
}

/** The end of the turn that a checkpoint stands in: what it taught is written behind its reply. */
export function endOfTurn(steps: readonly Step[], head: string): string {
  // Checkpoints' ids grow with time: the first that went on from there is the turn's own.
  const next = steps
    .filter((step) => step.parent_id === head && step.source === "loop" && !saidIn(step).some(isHuman))
    .sort((one, other) => (one.checkpoint_id < other.checkpoint_id ? -1 : 1))[0];
  return next ? endOfTurn(steps, next.checkpoint_id) : head;
}

/** The one before a fork that a turn was said in, where it can be read; null where it was said in the fork itself. */
export function beforeIt(places: readonly Place[], humanId: string): Place | null {
  const place = placeOf(places, humanId);
  return place && place.thread !== places[0]?.thread && place.steps.length ? place : null;
}

const isHuman = ({ type }: { type: string }) => type === "human";

/** By human message how many memories its turn taught and kept, in whichever of them. */
export function learnedIn(places: readonly Place[]): Map<string, number> {
  const found = [...places].reverse().flatMap(({ steps, head }) => [...learnedOn(steps, head)]);
  return new Map(found);
}
