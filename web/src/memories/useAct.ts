/** One deed at a time: whether it is under way, and the sentence of what went wrong. */

import { useCallback, useRef, useState } from "react";
import { Failed } from "../api/http";

export type Act = {
  busy: boolean;
  failed: string;
  run(work: () => Promise<void>): Promise<boolean>;
  clear(): void;
};

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<void>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFailed("");
    try {
      await work();
      return true;
    } catch (error) {
      setFailed(sentence(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setFailed(""), []);
  return { busy, failed, run, clear };
}

export function sentence(error: unknown): string {
  return error instanceof Failed ? error.message : "Something went wrong on this page. Please try again.";
}
