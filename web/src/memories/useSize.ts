/** How large an element is, in CSS pixels, as it changes. */

import { type RefObject, useEffect, useState } from "react";
import type { Size } from "./camera";

export function useSize(of: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = of.current;
    if (!element) return;
    const look = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    look();
    if (typeof ResizeObserver === "undefined") return;
    const eye = new ResizeObserver(look);
    eye.observe(element);
    return () => eye.disconnect();
  }, [of]);
  return size;
}
