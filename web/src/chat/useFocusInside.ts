/** What lies over the rest takes the focus when it opens, and gives it back when it closes. */

import { type RefObject, useEffect } from "react";

export function useFocusInside(place: RefObject<HTMLElement | null>, over: boolean): void {
  useEffect(() => {
    if (!over) return;
    const before = document.activeElement;
    place.current?.querySelector<HTMLElement>("button, a, input")?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [place, over]);
}
