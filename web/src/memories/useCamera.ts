/** Moves over the map by mouse, touch, wheel and keys. */

import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Camera, fitting, panned, type Size, zoomed } from "./camera";
import type { Spot } from "./layout";

const STEP_PX = 60;
const STEP_TIMES = 1.4;
const CLICK_PX = 5;
const STEPS = new Map<string, Spot>([
  ["ArrowLeft", [STEP_PX, 0]],
  ["ArrowRight", [-STEP_PX, 0]],
  ["ArrowUp", [0, STEP_PX]],
  ["ArrowDown", [0, -STEP_PX]],
]);
const TIMES = new Map([
  ["+", STEP_TIMES],
  ["=", STEP_TIMES],
  ["-", 1 / STEP_TIMES],
]);

type On = { tap(at: Spot): void; point(at: Spot | null): void };

export function useCamera(area: RefObject<HTMLElement | null>, spots: Spot[], size: Size, on: On) {
  const whole = useMemo(() => fitting(spots, size), [spots, size]);
  const [moved, setMoved] = useState<Camera | null>(null);
  const camera = moved ?? whole;
  const zoom = useCallback(
    (times: number, at: Spot = [size.width / 2, size.height / 2]) =>
      setMoved((now) => zoomed(now ?? whole, times, at, size, whole)),
    [size, whole],
  );
  const pan = useCallback(
    (dx: number, dy: number) => setMoved((now) => panned(now ?? whole, dx, dy)),
    [whole],
  );
  const showAll = useCallback(() => setMoved(null), []);
  const show = useCallback((some: Spot[]) => setMoved(fitting(some, size)), [size]);
  const told = useRef(on);
  useEffect(() => {
    told.current = on;
  });

  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = STEPS.get(event.key);
      const times = TIMES.get(event.key);
      if (step) pan(...step);
      else if (times) zoom(times);
      else if (event.key === "0") showAll();
      else return;
      event.preventDefault();
    };
    const fingers = fingersOn(element, {
      pan,
      zoom,
      tap: (at) => told.current.tap(at),
      point: (at) => told.current.point(at),
    });
    element.addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("keydown", onKey);
      fingers();
    };
  }, [area, pan, zoom, showAll]);
  return { camera, zoom, showAll, show };
}

type Deeds = On & { pan(dx: number, dy: number): void; zoom(times: number, at: Spot): void };

/** One pointer pans, two pinch, the wheel zooms, and one that hardly moved taps. Gives how to stop. */
function fingersOn(element: HTMLElement, deeds: Deeds): () => void {
  const down = new Map<number, Spot>();
  let travelled = 0;
  const at = (event: MouseEvent): Spot => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const start = (event: PointerEvent) => {
    if (event.target instanceof Element && event.target.closest("button")) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    if (down.size === 1) travelled = 0;
  };
  const move = (event: PointerEvent) => {
    const now = at(event);
    const before = down.get(event.pointerId);
    if (!before) return deeds.point(now);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (other) {
      const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
      const is = Math.hypot(now[0] - other[0], now[1] - other[1]);
      if (was > 0 && is > 0) deeds.zoom(is / was, [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    } else if (travelled > CLICK_PX) deeds.pan(now[0] - before[0], now[1] - before[1]);
    down.set(event.pointerId, now);
  };
  const end = (event: PointerEvent) => {
    const was = down.delete(event.pointerId);
    if (was && !down.size && travelled <= CLICK_PX && event.type === "pointerup") deeds.tap(at(event));
  };
  const leave = () => deeds.point(null);
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    deeds.zoom(Math.exp(-event.deltaY / (event.deltaMode ? 20 : 400)), at(event));
  };
  const off = new AbortController();
  const { signal } = off;
  element.addEventListener("pointerdown", start, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", end, { signal });
  element.addEventListener("pointercancel", end, { signal });
  element.addEventListener("pointerleave", leave, { signal });
  element.addEventListener("wheel", wheel, { signal, passive: false });
  return () => off.abort();
}
