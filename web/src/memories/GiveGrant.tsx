/** Lets somebody else read, or write as well, until a day. */

import { type FormEvent, useId, useState } from "react";
import { giveGrant } from "../api/grants";
import { KINDS, type Kind } from "../api/memories";
import { toggled } from "./filters";
import { useAct } from "./useAct";
import { KIND_WORDS } from "./words";

const SORTS = ["agent", "team", "user"] as const;

export function GiveGrant({ onGiven }: { onGiven(): void }) {
  const [sort, setSort] = useState<string>("agent");
  const [name, setName] = useState("");
  const [kinds, setKinds] = useState<Kind[]>(["semantic"]);
  const [write, setWrite] = useState(false);
  const [until, setUntil] = useState("");
  const { busy, failed, run } = useAct();
  const id = useId();
  const send = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await giveGrant({
        grantee: `${sort}:${name.trim()}`,
        kinds,
        action: write ? "write" : "read",
        until: until ? new Date(`${until}T23:59:59`).toISOString() : undefined,
      });
      setName("");
      onGiven();
    });
  };
  return (
    <section className="card" aria-labelledby={`${id}title`}>
      <h2 id={`${id}title`}>Let somebody look</h2>
      <form className="grant" onSubmit={send}>
        <div className="row">
          <label htmlFor={`${id}sort`} className="unseen">
            Who
          </label>
          <select
            id={`${id}sort`}
            className="field short"
            value={sort}
            onChange={(event) => setSort(event.target.value)}
          >
            {SORTS.map((each) => (
              <option key={each} value={each}>
                {each === "agent" ? "An agent" : each === "team" ? "A team" : "A user"}
              </option>
            ))}
          </select>
          <label htmlFor={`${id}name`} className="unseen">
            Name
          </label>
          <input
            id={`${id}name`}
            className="field wide"
            placeholder={sort === "user" ? "their id" : "its name, such as planner"}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <fieldset className="row small">
          <legend>may see</legend>
          {KINDS.map((kind) => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={kinds.includes(kind)}
                onChange={() => setKinds(toggled(kinds, kind))}
              />{" "}
              {KIND_WORDS[kind]}s
            </label>
          ))}
          <label>
            <input type="checkbox" checked={write} onChange={() => setWrite(!write)} /> and write as well
          </label>
        </fieldset>
        <div className="row small">
          <label htmlFor={`${id}until`}>Until (empty: until you revoke it)</label>
          <input
            id={`${id}until`}
            className="field short"
            type="date"
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
        </div>
        {failed && (
          <p className="alert" role="alert">
            {failed}
          </p>
        )}
        <button className="button" type="submit" disabled={busy || !name.trim() || !kinds.length}>
          Allow
        </button>
      </form>
    </section>
  );
}
