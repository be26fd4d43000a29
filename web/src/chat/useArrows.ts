/** In a list of links, up and down go from one to the next. */

import { type RefObject, useEffect } from "react";

export function useArrows(list: RefObject<HTMLElement | null>, links: string): void {
  useEffect(() => {
    const place = list.current;
    if (!place) return;
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      const all = [...place.querySelectorAll<HTMLElement>(links)];
      const at = all.indexOf(document.activeElement as HTMLElement);
      const next = all[at + step];
      if (!step || at < 0 || !next) return;
      event.preventDefault();
      next.focus();
    };
    place.addEventListener("keydown", onKey);
    return () => place.removeEventListener("keydown", onKey);
  }, [list, links]);
}
