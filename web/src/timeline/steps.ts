/** A history as a person reads it: steps by turn, oldest first, each with what it did in a few words. Pure. */

import type { Difference, Step } from "../api/timeline";

/** `aside`: what came later does not go on from here. */
export type Point = { id: string; at: string; name: string; lines: string[]; aside: boolean };

/** Where a branch goes on from: a point of the stretch of this number; null: of before what was read. */
export type Whence = { point: string; stretch: number } | null;

/**
 * What belongs together: a message and all that followed from it, or one thing that was done to the conversation.
 * `whence` undefined: it goes on from the one before it.
 */
export type Stretch = { title: string; done: boolean; points: Point[]; whence?: Whence };

const DONE: Record<string, string> = {
  undo: "Turn undone",
  redo: "Turn redone",
  fork: "Begun from another conversation",
  edit: "State edited",
  replay: "Run again",
};
const RAN: Record<string, string> = {
  __start__: "You said",
  recall: "Recalled",
  respond: "Replied",
  tools: "Used a tool",
  remember: "Learned",
  approve: "Decided",
  summarise: "Summed up",
};

const NO_NEWS = "Nothing new.";

/** What changed nothing is left out: the server's own notes, and the moment before a message arrives. */
export function stretches(newestFirst: Step[]): Stretch[] {
  const found: Stretch[] = [];
  /** Of each step the point where it is seen: its own, or that of the step before it. */
  const seenAt = new Map<string, string>();
  const now = pathTo(newestFirst);
  for (const step of [...newestFirst].reverse()) {
    const last = found.at(-1);
    const before = last?.points.at(-1)?.id;
    // One that names none goes on from whatever came before it.
    const parent = step.parent_id === null ? before : seenAt.get(step.parent_id);
    if (isSilent(step)) {
      if (parent) seenAt.set(step.checkpoint_id, parent);
      continue;
    }
    seenAt.set(step.checkpoint_id, step.checkpoint_id);
    const whence = parent === before ? undefined : whenceOf(found, parent);
    const done = doneBy(step);
    const said = firstText(step.changes.messages);
    const point = {
      id: step.checkpoint_id,
      at: step.at,
      name: nameOf(step),
      lines: [...linesFrom(found, whence), ...linesOf(step)],
      aside: !now.has(step.checkpoint_id),
    };
    if (!last || done || last.done || whence !== undefined || step.nodes.includes("__start__")) {
      const again = whence ? found[whence.stretch]?.title : "";
      found.push({
        title: said || done || again || "Before the first message",
        done: Boolean(done),
        points: [point],
        whence,
      });
    } else last.points.push(point);
  }
  return found;
}

/** The steps that led to the newest one, as far as they were read. */
function pathTo(newestFirst: Step[]): Set<string> {
  const path = new Set<string>();
  let wanted: string | null = newestFirst[0]?.checkpoint_id ?? null;
  for (const step of newestFirst) {
    if (step.checkpoint_id !== wanted) continue;
    path.add(step.checkpoint_id);
    wanted = step.parent_id;
    // A step that names none goes on from the one before it.
    if (wanted === null)
      for (const each of newestFirst.slice(newestFirst.indexOf(step))) path.add(each.checkpoint_id);
  }
  return path;
}

function whenceOf(found: Stretch[], point: string | undefined): Whence {
  const stretch = found.findIndex((each) => each.points.some(({ id }) => id === point));
  return point && stretch >= 0 ? { point, stretch } : null;
}

function linesFrom(found: Stretch[], whence: Whence | undefined): string[] {
  if (whence === undefined) return [];
  const stretch = whence && found[whence.stretch];
  const point = stretch?.points.find(({ id }) => id === whence?.point);
  return [point ? `Goes on from “${point.name}” of “${stretch?.title}”.` : "Goes on from an earlier step."];
}

function isSilent(step: Step): boolean {
  const nothing = Object.keys(step.changes).length === 0;
  return nothing && (step.source === "input" || step.source === "update" || isWayBack(step));
}

/** Where LangGraph runs on from an earlier step; one that began another conversation has nothing before it. */
const isWayBack = (step: Step) => step.source === "fork" && step.parent_id !== null;

const doneBy = (step: Step) => (isWayBack(step) ? DONE.replay : DONE[step.source]);

export function nameOf(step: Step): string {
  const done = doneBy(step);
  if (done) return done;
  const calls = callsIn(step.changes.messages);
  if (step.nodes.includes("respond") && calls.length > 0) return "Called a tool";
  const names = step.nodes.map((node) => RAN[node] ?? node.replace(/[_-]/g, " "));
  if (names.length > 0) return names.join(" and ");
  return step.source === "update" ? "State changed" : "Began";
}

/** A few lines on what the step did, for the list beside the strip. */
export function linesOf(step: Step): string[] {
  const lines: string[] = [];
  const { messages, recalled, learned, tasks, notes, preferences, summary, warnings } = step.changes;
  for (const each of rows(messages?.added)) {
    const calls = Array.isArray(each.calls) ? each.calls.map(String) : [];
    if (calls.length > 0) lines.push(`Calls ${calls.join(", ")}.`);
    else if (each.text) lines.push(`“${shorten(String(each.text))}”`);
  }
  if (messages?.removed.length) lines.push(`${counted(messages.removed.length, "message")} taken back.`);
  const nodes = new Set(step.nodes);
  if (nodes.has("recall")) {
    // One that only stands at another rank than the turn before is no news.
    const count = recalled?.added.length ?? 0;
    lines.push(
      count > 0 ? `${counted(count, "memory", "memories")} that the turn before did not have.` : NO_NEWS,
    );
  }
  if (nodes.has("remember")) {
    const taught = rows(learned?.added).map((row) => shorten(String(row.text ?? "")));
    lines.push(...(taught.length > 0 ? taught : [NO_NEWS]));
  }
  for (const [name, change] of Object.entries({ tasks, notes, preferences })) {
    if (change) lines.push(`The ${name} of this conversation changed.`);
  }
  if (summary) lines.push("The oldest messages were summed up.");
  for (const each of warnings?.added ?? []) lines.push(String(each));
  return lines;
}

export const allPoints = (found: Stretch[]): Point[] => found.flatMap((stretch) => stretch.points);

/** Where a key leads from the point at `index` of `count`; null where the key means nothing here. */
export function moved(key: string, index: number, count: number): number | null {
  const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: count - 1 }[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), count - 1);
}

/** What the step is about: the message that came, or that went. */
function firstText(change: Difference | undefined): string {
  const row = rows(change?.added)[0] ?? rows(change?.removed)[0];
  return shorten(String(row?.text ?? ""), 60);
}

function callsIn(change: Difference | undefined): string[] {
  return rows(change?.added).flatMap((row) => (Array.isArray(row.calls) ? row.calls.map(String) : []));
}

export function rows(given: unknown[] | undefined): Record<string, unknown>[] {
  return (given ?? []).filter(
    (each): each is Record<string, unknown> => each !== null && typeof each === "object",
  );
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function shorten(text: string, most = 160): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length <= most ? flat : `${flat.slice(0, most - 1).trimEnd()}…`;
}
