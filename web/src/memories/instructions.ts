/** Instructions by how they stand. Pure. */

import type { Memory } from "../api/memories";
import { waits } from "./words";

export type One = { shown: Memory; versions: Memory[] };
export type Standing = { title: string; all: One[] };

/** What waits first, then what is in force, then what was; groups without any are left out. */
export function groupsOf(procedures: { versions: Memory[] }[]): Standing[] {
  const some: Standing[] = [
    { title: "Waiting for your yes", all: [] },
    { title: "In force", all: [] },
    { title: "Not in force", all: [] },
  ];
  for (const { versions } of procedures) {
    const waiting = versions.filter(waits);
    const active = versions.filter((each) => each.status === "active");
    const last = versions.at(-1);
    for (const shown of waiting) some[0]?.all.push({ shown, versions });
    for (const shown of active) some[1]?.all.push({ shown, versions });
    if (last && !waiting.length && !active.length) some[2]?.all.push({ shown: last, versions });
  }
  return some.filter(({ all }) => all.length);
}

/** Whether there is an earlier version that was in force. */
export function mayGoBack({ shown, versions }: One): boolean {
  const before = versions.slice(
    0,
    versions.findIndex((each) => each.id === shown.id),
  );
  return !waits(shown) && before.some((each) => each.status === "superseded");
}
