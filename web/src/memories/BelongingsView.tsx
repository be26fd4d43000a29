/** Everything of the user: to take along, to bring back, to erase. */

import { type ChangeEvent, useId, useState } from "react";
import { exportEverything, importFile } from "../api/memories";
import { EraseDialog } from "./EraseDialog";
import { broughtIn, placesOf } from "./places";
import { saveAs } from "./saveAs";
import { useAct } from "./useAct";

export function BelongingsView() {
  return (
    <div className="sheets">
      <TakeAlong />
      <BringBack />
      <EraseAll />
    </div>
  );
}

function TakeAlong() {
  const { busy, failed, run } = useAct();
  const [told, setTold] = useState("");
  const take = () =>
    run(async () => {
      setTold("");
      const { file, name } = await exportEverything();
      saveAs(file, name);
      setTold(
        `Saved as ${name}. Keep it as you would keep what is in it: it can be read by anyone who has it.`,
      );
    });
  return (
    <section className="card" aria-labelledby="take">
      <h2 id="take">Take everything along</h2>
      <p className="soft">
        All memories with their history and evidence, and your conversations, as one JSON file.
      </p>
      <button className="button" type="button" disabled={busy} onClick={take}>
        {busy ? "Collecting …" : "Download"}
      </button>
      <Told told={told} failed={failed} />
    </section>
  );
}

function BringBack() {
  const { busy, failed, run } = useAct();
  const [told, setTold] = useState("");
  const id = useId();
  const bring = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    void run(async () => {
      setTold("");
      setTold(broughtIn(await importFile(file)));
    });
  };
  return (
    <section className="card" aria-labelledby="bring">
      <h2 id="bring">Bring such a file back</h2>
      <p className="soft">What is here already stays as it is. The same file again changes nothing.</p>
      <label className="small" htmlFor={id}>
        {busy ? "Reading it in …" : "A file that was downloaded here"}
      </label>
      <input
        id={id}
        className="field"
        type="file"
        accept=".json,application/json"
        disabled={busy}
        onChange={bring}
      />
      <Told told={told} failed={failed} />
    </section>
  );
}

function EraseAll() {
  const [asking, setAsking] = useState(false);
  const [told, setTold] = useState("");
  return (
    <section className="card" aria-labelledby="erase">
      <h2 id="erase">Erase everything</h2>
      <p className="soft">Every memory and every conversation, from every place, for good.</p>
      <button className="button bad" type="button" onClick={() => setAsking(true)}>
        Erase …
      </button>
      <Told told={told} failed="" />
      {asking && (
        <EraseDialog
          onClose={() => setAsking(false)}
          onErased={({ erased, left }) => {
            setAsking(false);
            setTold(erasedWords(erased ?? {}, left));
          }}
        />
      )}
    </section>
  );
}

function erasedWords(erased: Record<string, number>, left: Record<string, number>): string {
  const list = (counts: Record<string, number>) =>
    placesOf(counts)
      .map((place) => place.words)
      .join(", ");
  const went = list(erased) ? `Erased: ${list(erased)}.` : "There was nothing to erase.";
  const rest = list(left);
  return rest ? `${went} This is still there: ${rest}. Please try again.` : `${went} Nothing is left.`;
}

function Told({ told, failed }: { told: string; failed: string }) {
  return (
    <>
      <p className="small told" role="status">
        {told}
      </p>
      {failed && (
        <p className="alert" role="alert">
          {failed}
        </p>
      )}
    </>
  );
}
