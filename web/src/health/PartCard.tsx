/** One part of the server: what it is, and how it does. */

import type { Part } from "../api/status";

export function PartCard({ part }: { part: Part }) {
  return (
    <li className={part.ok ? "card partcard" : "card partcard ill"}>
      <div className="row">
        <h3>{part.name}</h3>
        {part.what !== "off" && (
          <span className={part.ok ? "tag good" : "tag bad"}>{part.ok ? "well" : "not well"}</span>
        )}
      </div>
      <p>{part.what}</p>
      <p className="small soft">{part.detail}</p>
    </li>
  );
}
