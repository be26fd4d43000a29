/** Whether memory is shown beside the chat: as one left it, on a wide window. */

import { useEffect, useState } from "react";
import { PANEL } from "../app/leaving";

const WIDE = "(min-width: 1100px)";

export type Panel = ReturnType<typeof usePanel>;

export function usePanel() {
  const [open, setOpen] = useState(() => isWide() && localStorage.getItem(PANEL) !== "closed");
  useEffect(() => {
    if (isWide()) localStorage.setItem(PANEL, open ? "open" : "closed");
  }, [open]);
  return {
    open,
    /** It lies over the conversation. */
    over: open && !isWide(),
    show: () => setOpen(true),
    close: () => setOpen(false),
    /** Where it lies over the conversation, Escape takes it away. */
    escape: () => setOpen((was) => was && isWide()),
    toggle: () => setOpen((was) => !was),
  };
}

const isWide = () => window.matchMedia?.(WIDE).matches ?? true;
