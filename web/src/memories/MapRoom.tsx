/** All memories on a map: what is near in meaning is near. Beside it, the same as a list of groups. */

import { useEffect, useRef, useState } from "react";
import { KINDS, type Kind, type Memory } from "../api/memories";
import { address } from "../app/route";
import { Failure } from "../parts/Failure";
import { ChosenMemory } from "./ChosenMemory";
import { toggled } from "./filters";
import { GroupList } from "./GroupList";
import { MapCanvas } from "./MapCanvas";
import { FEWEST, type Laid, useMap } from "./useMap";
import { KIND_WORDS } from "./words";
import "./chips.css";
import "./map.css";

export default function MapRoom() {
  const { laid, done, failed, again, changed } = useMap();
  return (
    <main className="maproom">
      <h1 className="unseen">Map of memories</h1>
      {failed && (
        <div className="mapwait">
          <Failure sentence={failed} again={again} />
        </div>
      )}
      {!laid && !failed && (
        <div className="mapwait">
          <p id="laying">Laying out the map …</p>
          <progress aria-labelledby="laying" value={done || undefined} max={1} />
        </div>
      )}
      {laid && laid.points.length < FEWEST && (
        <p className="mapwait soft">
          {fewWords(laid.points.length)} That is too few for a map.{" "}
          <a href={address("c")}>Talk a little more</a>, then look again: what is near in meaning will lie
          close together here.
        </p>
      )}
      {laid && laid.points.length >= FEWEST && <MapAndList laid={laid} onChange={changed} />}
    </main>
  );
}

function fewWords(count: number): string {
  if (count === 0) return "Nothing is remembered yet.";
  return count === 1 ? "There is only one memory yet." : `There are only ${count} memories yet.`;
}

type MapProps = { laid: Laid; onChange(next: Memory | null, before: Memory): void };

function MapAndList({ laid, onChange }: MapProps) {
  const [kinds, setKinds] = useState<Kind[]>([]);
  const [chosen, setChosen] = useState("");
  const [closeTo, setCloseTo] = useState<number[] | null>(null);
  const side = useRef<HTMLElement>(null);
  useEffect(() => {
    if (chosen) side.current?.scrollTo?.({ top: 0 });
  }, [chosen]);
  return (
    <>
      <MapCanvas laid={laid} kinds={kinds} chosen={chosen} closeTo={closeTo} onChoose={setChosen} />
      <aside ref={side} className="mapside" aria-label="The map as a list">
        {chosen && (
          <ChosenMemory
            id={chosen}
            onClose={() => setChosen("")}
            onChange={(next, before) => {
              onChange(next, before);
              setChosen(next?.status === "active" ? next.id : "");
            }}
          />
        )}
        <p className="small soft">
          {laid.points.length.toLocaleString()} memories. {laid.notes.join(" ")}
        </p>
        <div className="chips small">
          {KINDS.filter((kind) => laid.points.some((point) => point.kind === kind)).map((kind) => (
            <button
              key={kind}
              type="button"
              className={`chip ${kind}`}
              aria-pressed={kinds.includes(kind)}
              onClick={() => setKinds(toggled(kinds, kind))}
            >
              {KIND_WORDS[kind]}s
            </button>
          ))}
        </div>
        <GroupList laid={laid} kinds={kinds} onOpen={setCloseTo} onChoose={setChosen} />
      </aside>
    </>
  );
}
