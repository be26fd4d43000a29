/** Where one is on the page: the part of the address behind #. It never carries a key. */

import { useSyncExternalStore } from "react";

/**
 * #/ a new conversation · #/c/THREAD?message=ID one, at a message, or ?at=ID as it was at a
 * checkpoint, which another version of a message stands at · #/memories?… and #/memories/ID · #/map
 * · #/time/THREAD?before=ID&after=ID its checkpoints · #/health
 */
export type Place = {
  room: "c" | "memories" | "map" | "time" | "health";
  id: string;
  asked: URLSearchParams;
};

const ROOMS = ["c", "memories", "map", "time", "health"] as const;

export function parse(hash: string): Place {
  const [path = "", asked = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [room, id = ""] = path.split("/", 2);
  const known = ROOMS.find((each) => each === room) ?? "c";
  return { room: known, id: decoded(id), asked: new URLSearchParams(asked) };
}

export function address(room: Place["room"], id = "", asked: Record<string, string> = {}): string {
  const text = new URLSearchParams(asked).toString();
  return `#/${room}${id ? `/${encodeURIComponent(id)}` : ""}${text ? `?${text}` : ""}`;
}

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  window.dispatchEvent(new Event("hashchange"));
}

function watch(tell: () => void): () => void {
  for (const name of ["hashchange", "popstate"]) window.addEventListener(name, tell);
  return () => {
    for (const name of ["hashchange", "popstate"]) window.removeEventListener(name, tell);
  };
}

export function usePlace(): Place {
  return parse(useSyncExternalStore(watch, () => location.hash));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
