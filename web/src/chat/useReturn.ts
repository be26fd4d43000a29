/** Looks again when this tab is come back to: another one may have gone on meanwhile. */

import { useEffect, useRef } from "react";

export function useReturn(look: () => void): void {
  const told = useRef(look);
  useEffect(() => {
    told.current = look;
  });
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === "visible") told.current();
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
}
