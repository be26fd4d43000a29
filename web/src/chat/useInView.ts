/** Which turn a reader who scrolled back looks at: the one in the middle, or null at the end. */

import { type RefObject, useEffect, useRef } from "react";

const SETTLED_MS = 180;
const NEAR_PX = 60;

export function useInView(box: RefObject<HTMLElement | null>, onView: (turn: string | null) => void): void {
  const told = useRef(onView);
  useEffect(() => {
    told.current = onView;
  });
  useEffect(() => {
    const shown = box.current;
    if (!shown) return;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const left = shown.scrollHeight - shown.scrollTop - shown.clientHeight;
      told.current(left < NEAR_PX ? null : inTheMiddle(shown));
    };
    const onScroll = () => {
      clearTimeout(timer);
      timer = setTimeout(look, SETTLED_MS);
    };
    shown.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      shown.removeEventListener("scroll", onScroll);
    };
  }, [box]);
}

function inTheMiddle(box: HTMLElement): string | null {
  const { top, height } = box.getBoundingClientRect();
  const middle = top + height / 2;
  for (const turn of box.querySelectorAll<HTMLElement>("[data-turn]")) {
    if (turn.getBoundingClientRect().bottom >= middle) return turn.dataset.turn ?? null;
  }
  return null;
}
