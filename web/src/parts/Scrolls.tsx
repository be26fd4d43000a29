/** What may be wider than its place: scrolled by the keyboard too. */

import type { HTMLAttributes, ReactNode } from "react";

// A region that scrolls has to take the focus, or the keyboard cannot move it.
const REACHED: HTMLAttributes<HTMLElement> = { tabIndex: 0 };

export function Scrolls({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="scrolls" aria-label={name} {...REACHED}>
      {children}
    </section>
  );
}
