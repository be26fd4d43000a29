/** The map's groups as a list: each opens to its memories, and the map comes close to it. */

import { useState } from "react";
import type { Kind } from "../api/memories";
import type { Group, Laid } from "./useMap";
import { undated } from "./words";

type Props = {
  laid: Laid;
  kinds: Kind[];
  onOpen(members: number[] | null): void;
  onChoose(id: string): void;
};

const STEP = 30;

export function GroupList({ laid, kinds, onOpen, onChoose }: Props) {
  const [opened, setOpened] = useState("");
  const toggle = (group: Group) => {
    const next = opened === keyOf(group) ? "" : keyOf(group);
    setOpened(next);
    onOpen(next ? group.members : null);
  };
  return (
    <ul className="groups">
      {laid.groups.map((group) => (
        <li key={keyOf(group)}>
          <button
            className="group"
            type="button"
            aria-expanded={opened === keyOf(group)}
            onClick={() => toggle(group)}
          >
            <span dir="auto">{group.label}</span>
            <span className="small soft">{group.members.length}</span>
          </button>
          {opened === keyOf(group) && <Members group={group} laid={laid} kinds={kinds} onChoose={onChoose} />}
        </li>
      ))}
    </ul>
  );
}

const keyOf = (group: Group) => group.centre.join();

function Members({ group, laid, kinds, onChoose }: Omit<Props, "onOpen"> & { group: Group }) {
  const [shown, setShown] = useState(STEP);
  const points = group.members
    .flatMap((at) => laid.points[at] ?? [])
    .filter((point) => !kinds.length || kinds.includes(point.kind));
  return (
    <ul className="members small">
      {points.slice(0, shown).map((point) => (
        <li key={point.id}>
          <button
            type="button"
            className={`member ${point.kind}`}
            dir="auto"
            onClick={() => onChoose(point.id)}
          >
            {undated(point.text)}
          </button>
        </li>
      ))}
      {points.length > shown && (
        <li>
          <button className="button quiet small" type="button" onClick={() => setShown(shown + STEP)}>
            Show more
          </button>
        </li>
      )}
    </ul>
  );
}
