/** Waits for a server that went away, and tells when it is back. */

import { useEffect, useRef } from "react";
import { readStatus } from "../api/status";

const AGAIN_MS = 1500;

export function useBack(away: boolean, onBack: () => void): void {
  const told = useRef(onBack);
  useEffect(() => {
    told.current = onBack;
  });
  useEffect(() => {
    if (!away) return;
    let left = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = () =>
      readStatus().then(
        () => !left && told.current(),
        () => {
          if (!left) timer = setTimeout(look, AGAIN_MS);
        },
      );
    timer = setTimeout(look, AGAIN_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [away]);
}
