/** What became of each statement of a turn, with the reason. */

import type { Decision } from "../api/decisions";
import { address } from "../app/route";
import { keyed } from "../parts/keyed";
import { decidedWords, wasNotKept } from "./decided";
import "./decisions.css";

export function DecisionList({ decisions, leftOut = 0 }: { decisions: Decision[]; leftOut?: number }) {
  return (
    <ul className="decisions">
      {keyed(decisions, ({ what, statement, memory }) => `${what}:${memory}:${statement}`).map(
        ({ key, item }) => (
          <li key={key} className={wasNotKept(item) ? "not" : undefined}>
            {item.statement && <p dir="auto">{item.statement}</p>}
            <p className="soft small">
              <strong>{decidedWords(item)}</strong>: {item.reason}
              {leads(item).map(([name, id]) => (
                <span key={name}>
                  {" "}
                  <a href={address("memories", id)}>{name}</a>
                </span>
              ))}
            </p>
          </li>
        ),
      )}
      {leftOut > 0 && <li className="soft small">{leftOut} more are not noted.</li>}
    </ul>
  );
}

/** What is forgotten leads nowhere. */
function leads({ what, memory, of }: Decision): [string, string][] {
  if (what === "forget") return [];
  const found: [string, string][] = [];
  if (memory) found.push(["See it", memory]);
  if (of && of !== memory) found.push(["What it concerns", of]);
  return found;
}
