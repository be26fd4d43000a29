/** The steps of a conversation from left to right: one is chosen, and the arrow keys go along. */

import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { allPoints, moved, type Point, type Stretch } from "./steps";

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
      <ol>
        {stretches.map((stretch) => (
          <li key={stretch.points[0]?.id} className={stretch.done ? "stretch done" : "stretch"}>
            <span className="stretch-title" title={stretch.title}>
              {stretch.title}
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
        ))}
      </ol>
    </section>
  );
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
      className="dot"
      aria-current={chosen ? "step" : undefined}
      tabIndex={chosen ? 0 : -1}
      onClick={() => onChoose(point.id)}
    >
      {mark && <span className="mark">{mark}</span>}
      {point.name}
    </button>
  );
}
