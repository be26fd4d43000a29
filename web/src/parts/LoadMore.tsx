/** The end of a list that goes on: reads on when it comes into sight, or when it is pressed. */

import { useEffect, useRef } from "react";

export function LoadMore({ busy, onMore }: { busy: boolean; onMore(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current || busy || typeof IntersectionObserver === "undefined") return;
    const eye = new IntersectionObserver(
      (seen) => {
        if (seen.some((each) => each.isIntersecting)) onMore();
      },
      { rootMargin: "1200px" },
    );
    eye.observe(button.current);
    return () => eye.disconnect();
  }, [busy, onMore]);
  return (
    <button ref={button} className="button" type="button" disabled={busy} onClick={onMore}>
      {busy ? "Reading …" : "Show more"}
    </button>
  );
}
