/** Branches of a conversation, out of the steps of its timeline. Pure. */

import type { Step } from "../api/timeline";
import { keptOf, type Learned } from "./state";

export type Versions = {
  /** The newest checkpoint of each version, the oldest version first. */
  heads: string[];
  /** Which of them is shown. */
  shown: number;
};

type Said = { id: string; type: string };

/** The messages that a step brought in. */
export function saidIn(step: Step): Said[] {
  return (step.changes.messages?.added ?? []).filter(isSaid);
}

function isSaid(given: unknown): given is Said {
  return given !== null && typeof given === "object" && "id" in given && "type" in given;
}

/**
 * What is known of a timeline, with steps that were just read: a step never changes, so that the first reading holds.
 * A step whose parent was not read with it tells all that it holds as added: of that nothing is taken.
 */
export function joined(known: readonly Step[], read: readonly Step[]): Step[] {
  const ids = new Set(read.map((step) => step.checkpoint_id));
  const whole = read.map((step) =>
    step.parent_id === null || ids.has(step.parent_id) ? step : { ...step, changes: {} },
  );
  const had = new Set(known.map((step) => step.checkpoint_id));
  return [...whole.filter((step) => !had.has(step.checkpoint_id)), ...known];
}

/** Whether the way to a checkpoint is known from its beginning. */
export function isWhole(steps: readonly Step[], head: string): boolean {
  const path = pathTo(steps, head);
  return path.length > 0 && path[0]?.parent_id === null;
}

type Known = { byId: Map<string, Step>; children: Map<string, Step[]> };

function known(steps: readonly Step[]): Known {
  const byId = new Map(steps.map((step) => [step.checkpoint_id, step]));
  const children = new Map<string, Step[]>();
  for (const step of steps) {
    const parent = step.parent_id ?? "";
    children.set(parent, [...(children.get(parent) ?? []), step]);
  }
  return { byId, children };
}

/** The steps that led to a checkpoint, the oldest first. */
export function pathTo(steps: readonly Step[], head: string): Step[] {
  const { byId } = known(steps);
  const path: Step[] = [];
  for (
    let step = byId.get(head);
    step && path.length <= steps.length;
    step = byId.get(step.parent_id ?? "")
  ) {
    path.unshift(step);
  }
  return path;
}

/** By message: the versions that there are of it, where there are several. */
export function versionsOn(steps: readonly Step[], head: string): Map<string, Versions> {
  const { children } = known(steps);
  const found = new Map<string, Versions>();
  let others: Step[] = [];
  for (const step of pathTo(steps, head)) {
    const siblings = step.parent_id ? (children.get(step.parent_id) ?? []) : [];
    others.push(
      ...siblings.filter((each) => each.checkpoint_id !== step.checkpoint_id && leads(each, children)),
    );
    const said = saidIn(step).find((message) => message.type !== "tool");
    if (!said) continue;
    if (others.length) found.set(said.id, versions(step, others, head, children));
    others = [];
  }
  return found;
}

function versions(step: Step, others: Step[], head: string, children: Map<string, Step[]>): Versions {
  const all = [
    { at: step.checkpoint_id, head },
    ...others.map((each) => ({ at: firstSaying(each, children), head: newest(each, children) })),
  ].sort((one, other) => (one.at < other.at ? -1 : 1));
  return { heads: all.map((each) => each.head), shown: all.findIndex((each) => each.head === head) };
}

function below(step: Step, children: Map<string, Step[]>): Step[] {
  const found = [step];
  for (let index = 0; index < found.length; index++) {
    found.push(...(children.get(found[index]?.checkpoint_id ?? "") ?? []));
  }
  return found;
}

/** Whether anything was said on this way: a run that broke off at once is no version. */
function leads(step: Step, children: Map<string, Step[]>): boolean {
  return below(step, children).some((each) => saidIn(each).length > 0);
}

function firstSaying(step: Step, children: Map<string, Step[]>): string {
  const saying = below(step, children).find((each) => saidIn(each).length > 0);
  return (saying ?? step).checkpoint_id;
}

// Ids of checkpoints grow with time.
function newest(step: Step, children: Map<string, Step[]>): string {
  const ids = [step, ...below(step, children)].map((each) => each.checkpoint_id);
  return ids.sort().at(-1) ?? step.checkpoint_id;
}

/** The last step that brought this message in: a redo brings it in again. */
function bringing(path: readonly Step[], messageId: string): number {
  return path.findLastIndex((step) => saidIn(step).some((each) => each.id === messageId));
}

/** The checkpoint to go on from so that something else is said in the message's place, or null when it is not kept. */
export function baseOf(steps: readonly Step[], head: string, messageId: string): string | null {
  const path = pathTo(steps, head);
  const index = bringing(path, messageId);
  const step = path[index];
  if (!step) return null;
  const parent = path[index - 1];
  const earlier = parent?.source === "input" ? path[index - 2] : undefined;
  return (earlier ?? parent)?.checkpoint_id ?? step.parent_id;
}

/** The checkpoint that a turn ended with: there its receipt stands. */
export function endOf(steps: readonly Step[], head: string, humanId: string): string | null {
  const path = pathTo(steps, head);
  const start = bringing(path, humanId);
  if (start < 0) return null;
  let end = start;
  for (let index = start + 1; index < path.length; index++) {
    const step = path[index];
    if (!step || saidIn(step).some((each) => each.type === "human" && each.id !== humanId)) break;
    if (step.source === "undo" || step.source === "redo") break;
    if (step.source !== "input") end = index;
  }
  return path[end]?.checkpoint_id ?? null;
}

/** By human message: how many memories its turn taught and kept, as the timeline tells. */
export function learnedOn(steps: readonly Step[], head: string): Map<string, number> {
  const found = new Map<string, number>();
  let turn = "";
  let items = new Map<string, Learned>();
  for (const step of pathTo(steps, head)) {
    const said = saidIn(step).findLast((each) => each.type === "human")?.id;
    if (said) {
      turn = said;
      items = new Map();
    }
    const learned = step.changes.learned;
    if (!turn || !learned) continue;
    // A proposal that was said yes to is changed in its place.
    const now = [...learned.added, ...Object.values(learned.changed).map(([, after]) => after)] as Learned[];
    for (const item of now) items.set(item.id, item);
    found.set(turn, keptOf([...items.values()]).length);
  }
  return found;
}
