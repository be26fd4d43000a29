/** What may be wider than its place: scrolled by the keyboard too. */

import type { HTMLAttributes, ReactNode } from "react";

// What scrolls has to take the focus, or the keyboard cannot move it; a landmark each would be too many.
const reached = (name: string): HTMLAttributes<HTMLElement> => ({
  tabIndex: 0,
  role: "group",
  "aria-label": name,
});

export function Scrolls({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="scrolls" {...reached(name)}>
      {children}
    </div>
  );
}
