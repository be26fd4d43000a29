/** One memory with what it took the place of and what took its place, the earliest first. */

import { useCallback, useEffect, useState } from "react";
import { Failed } from "../api/http";
import { showMemory, type Told } from "../api/memories";
import { sentence } from "./useAct";

const GONE = "There is no such memory here: it was forgotten, or it is another person's.";

/** The same for a component, "" asks for nothing; `again` asks once more, as after a change. */
export function useMemoryById(id: string): { told: Told | null; failed: string; again(): void } {
  const [found, setFound] = useState<{ id: string; told?: Told; failed?: string } | null>(null);
  const again = useCallback(() => {
    if (!id) return;
    showMemory(id).then(
      (told) => setFound({ id, told }),
      (error) => setFound({ id, failed: isGone(error) ? GONE : sentence(error) }),
    );
  }, [id]);
  useEffect(again, [again]);
  const current = found?.id === id ? found : null;
  return { told: current?.told ?? null, failed: current?.failed ?? "", again };
}

const isGone = (error: unknown) => error instanceof Failed && error.status === 404;
