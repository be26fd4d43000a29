/** A table that may be wider than the page: scrolled by the keyboard too. */

import type { ReactNode } from "react";

export function Scrolled({ name, children }: { name: string; children: ReactNode }) {
  // A region that scrolls has to take the focus, or the keyboard cannot move it.
  const reached = { tabIndex: 0 };
  return (
    <section className="scrolled" aria-label={name} {...reached}>
      {children}
    </section>
  );
}
