/** The steps of a conversation from left to right, each branch in a line of its own: one is chosen, and the arrow keys go along. */

import {
  type CSSProperties,
  Fragment,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
} from "react";
import { lanesOf } from "./lanes";
import { allPoints, moved, type Point, type Stretch } from "./steps";

const FIRST = { lane: 0, from: null };

type Props = {
  stretches: Stretch[];
  chosen: string;
  marks: { before: string; after: string };
  onChoose(id: string): void;
  /** Null: all of it is here. */
  onEarlier: (() => void) | null;
};

export function Strip({ stretches, chosen, marks, onChoose, onEarlier }: Props) {
  const points = allPoints(stretches);
  const places = useMemo(() => lanesOf(stretches), [stretches]);
  /** Whether the focus goes along to the step that is chosen next. */
  const follow = useRef(false);

  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = points.findIndex((point) => point.id === chosen);
    const next = moved(event.key, index, points.length);
    const point = next === null ? undefined : points[next];
    if (!point) return;
    event.preventDefault();
    follow.current = true;
    onChoose(point.id);
  };

  return (
    <section className="strip" aria-label="Steps, the earliest first" onKeyDown={onKey}>
      {onEarlier && (
        <button className="button small" type="button" onClick={onEarlier}>
          Earlier
        </button>
      )}
      <ol className="lanes">
        {stretches.map((stretch, column) => {
          const { lane, from } = places[column] ?? FIRST;
          return (
            <Fragment key={stretch.points[0]?.id}>
              {from && (
                <li
                  className={from.lane === lane ? "bough straight" : "bough"}
                  aria-hidden="true"
                  style={boughOf(from, lane, column)}
                />
              )}
              <li
                className={stretch.done ? "stretch done" : "stretch"}
                style={{ gridColumn: column + 1, gridRow: lane + 1 }}
              >
                <span className="stretch-title" title={stretch.title}>
                  <span>{stretch.title}</span>
                </span>
                <ol>
                  {stretch.points.map((point) => (
                    <li key={point.id}>
                      <Dot
                        point={point}
                        chosen={point.id === chosen}
                        mark={markOf(point.id, marks)}
                        follow={follow}
                        onChoose={onChoose}
                      />
                    </li>
                  ))}
                </ol>
              </li>
            </Fragment>
          );
        })}
      </ol>
    </section>
  );
}

/** From below the stretch that it goes on from to the one that goes on; within a lane, straight on. */
function boughOf(from: { column: number; lane: number }, lane: number, column: number): CSSProperties {
  const straight = from.lane === lane;
  return {
    gridColumn: `${from.column + (straight ? 2 : 1)} / ${column + 1}`,
    gridRow: straight ? lane + 1 : `${from.lane + 2} / ${lane + 2}`,
  };
}

function markOf(id: string, marks: Props["marks"]): string {
  return id === marks.before ? "A" : id === marks.after ? "B" : "";
}

type DotProps = {
  point: Point;
  chosen: boolean;
  mark: string;
  follow: RefObject<boolean>;
  onChoose(id: string): void;
};

function Dot({ point, chosen, mark, follow, onChoose }: DotProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!chosen) return;
    button.current?.scrollIntoView?.({ block: "nearest", inline: "center" });
    if (follow.current) button.current?.focus({ preventScroll: true });
    follow.current = false;
  }, [chosen, follow]);
  return (
    <button
      ref={button}
      type="button"
      className={point.aside ? "dot passed" : "dot"}
      aria-current={chosen ? "step" : undefined}
      tabIndex={chosen ? 0 : -1}
      onClick={() => onChoose(point.id)}
    >
      {mark && <span className="mark">{mark}</span>}
      {point.name}
    </button>
  );
}
