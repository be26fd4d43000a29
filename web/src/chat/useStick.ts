/** Keeps the newest in view while it grows, and lets go as soon as the reader scrolls up. */

import { useCallback, useEffect, useRef, useState } from "react";

const NEAR_PX = 60;
const SLACK_PX = 4;

export function useStick() {
  const box = useRef<HTMLDivElement>(null);
  const inside = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [away, setAway] = useState(false);

  const toEnd = useCallback((behavior: ScrollBehavior = "instant") => {
    stuck.current = true;
    setAway(false);
    const shown = box.current;
    shown?.scrollTo({ top: shown.scrollHeight, behavior });
  }, []);

  useEffect(() => {
    const shown = box.current;
    const content = inside.current;
    if (!shown || !content) return;
    let top = 0;
    const onScroll = () => {
      const left = shown.scrollHeight - shown.scrollTop - shown.clientHeight;
      // Growth moves the end away by itself: only a reader who scrolls up lets go.
      if (left < NEAR_PX) stuck.current = true;
      else if (shown.scrollTop < top - SLACK_PX) stuck.current = false;
      top = shown.scrollTop;
      setAway(!stuck.current);
    };
    const grown = new ResizeObserver(() => {
      if (stuck.current) shown.scrollTop = shown.scrollHeight;
      top = shown.scrollTop;
    });
    grown.observe(content);
    grown.observe(shown);
    shown.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      grown.disconnect();
      shown.removeEventListener("scroll", onScroll);
    };
  }, []);

  /** The reader was sent to a place: it is not left by itself. */
  const letGo = useCallback(() => {
    stuck.current = false;
  }, []);

  return { box, inside, away, toEnd, letGo };
}
