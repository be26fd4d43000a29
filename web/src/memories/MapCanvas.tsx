/** The map to look at: dots and words on a canvas, the text of what is pointed at, and the buttons to move. */

import { useEffect, useRef, useState } from "react";
import { KINDS, type Kind } from "../api/memories";
import { day } from "../parts/time";
import { nearestTo, type Size, toScreen } from "./camera";
import { type Colours, drawMap } from "./drawMap";
import type { Spot } from "./layout";
import type { Box } from "./placing";
import { useCamera } from "./useCamera";
import type { Laid } from "./useMap";
import { useSize } from "./useSize";
import { undated } from "./words";

type Props = {
  laid: Laid;
  kinds: Kind[];
  chosen: string;
  /** Members to come close to. */
  closeTo: number[] | null;
  onChoose(id: string): void;
};

const REACH_PX = 14;
const TIP_PX = 280;

export function MapCanvas({ laid, kinds, chosen, closeTo, onChoose }: Props) {
  const area = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const keys = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const size = useSize(area);
  const [pointed, setPointed] = useState(-1);
  const look = (at: Spot) => nearestTo(at, laid.spots, camera, size, REACH_PX);
  const { camera, zoom, showAll, show } = useCamera(area, laid.spots, size, {
    tap: (at) => {
      const found = laid.points[look(at)];
      if (found) onChoose(found.id);
    },
    point: (at) => setPointed(at ? look(at) : -1),
  });
  useEffect(() => {
    if (closeTo) show(closeTo.flatMap((at) => (laid.spots[at] ? [laid.spots[at]] : [])));
  }, [closeTo, laid.spots, show]);
  const dark = useDark();
  useEffect(() => {
    const to = canvas.current?.getContext("2d");
    if (!to || !canvas.current || !probe.current || !size.width) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = Math.round(size.width * ratio);
    canvas.current.height = Math.round(size.height * ratio);
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    const covered = boxOf(keys.current, size);
    drawMap(to, { ...laid, kinds, pointed, chosen, covered }, camera, size, coloursOf(probe.current, dark));
  }, [laid, kinds, pointed, chosen, camera, size, dark]);

  const shown = laid.points[pointed];
  const [x, y] = toScreen(laid.spots[pointed] ?? [0, 0], camera, size);
  return (
    <div className="mapview" ref={area}>
      <canvas ref={canvas} tabIndex={0}>
        Map of {laid.points.length} memories. Arrows move, plus and minus zoom, zero shows all. The list
        beside it tells the same.
      </canvas>
      <span ref={probe} className="probe" aria-hidden="true">
        {KINDS.map((kind) => (
          <i key={kind} className={kind} />
        ))}
      </span>
      {shown && (
        <div
          className="tip small"
          style={{
            left: Math.min(Math.max(8, x - TIP_PX / 2), Math.max(8, size.width - TIP_PX - 8)),
            ...(y > size.height / 2 ? { bottom: size.height - y + 14 } : { top: y + 14 }),
          }}
        >
          <p dir="auto">{undated(shown.text)}</p>
          <p className="soft">{day(shown.said_at)}</p>
        </div>
      )}
      <div className="mapkeys" ref={keys}>
        <button className="button small" type="button" aria-label="Zoom in" onClick={() => zoom(1.4)}>
          +
        </button>
        <button className="button small" type="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.4)}>
          −
        </button>
        <button className="button small" type="button" onClick={showAll}>
          Show all
        </button>
        <span className="small soft hint">drag or arrows to move, wheel or + − to zoom</span>
      </div>
    </div>
  );
}

/** Where the buttons lie, in the map's own corner. */
function boxOf(of: HTMLElement | null, { height }: Size): Box[] {
  return of ? [[0, Math.min(of.offsetTop, height), of.offsetLeft + of.offsetWidth, height]] : [];
}

/** As the theme has them now: a canvas knows no CSS variables. `dark` makes it look anew. */
function coloursOf(probe: HTMLElement, dark: boolean): Colours {
  const of = (kind: Kind) => getComputedStyle(probe.querySelector(`.${kind}`) ?? probe).color;
  const own = getComputedStyle(probe);
  return {
    semantic: of("semantic"),
    episodic: of("episodic"),
    procedural: of("procedural"),
    ink: own.color || (dark ? "#fff" : "#000"),
    ground: own.backgroundColor,
  };
}

function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const asked = matchMedia("(prefers-color-scheme: dark)");
    const tell = () => setDark(asked.matches);
    asked.addEventListener("change", tell);
    return () => asked.removeEventListener("change", tell);
  }, []);
  return dark;
}
