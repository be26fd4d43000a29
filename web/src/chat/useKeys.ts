/** Keys that work anywhere in the room. */

import { useEffect, useRef } from "react";

export type Keys = {
  write(): void;
  begin(): void;
  search(): void;
  memory(): void;
  help(): void;
  escape(): void;
};

export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const does = meant(event, current.current);
      if (!does) return;
      if (event.key !== "Escape") event.preventDefault();
      does();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function meant(event: KeyboardEvent, keys: Keys): (() => void) | null {
  const key = event.key.toLowerCase();
  const open = document.querySelector("dialog[open]") !== null;
  if (open || event.defaultPrevented) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "k" && !event.shiftKey) return keys.begin;
    if (key === "f" && event.shiftKey) return keys.search;
    if (key === "m" && event.shiftKey) return keys.memory;
    return null;
  }
  if (isTyping(event.target)) return null;
  if (key === "escape") return keys.escape;
  if (key === "/") return keys.write;
  if (key === "?") return keys.help;
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
