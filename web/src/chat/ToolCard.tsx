/** A tool that the agent called, folded: what it did in words; opened, what it was given and what it gave. */

import { Icon } from "../parts/Icon";
import { readable, toolWords } from "./toolWords";
import type { Call } from "./turns";

export function ToolCard({ call }: { call: Call }) {
  const done = call.result !== null;
  const given = Object.entries(call.args).filter(([, value]) => value !== "" && value !== null);
  return (
    <details className="tool">
      <summary>
        <Icon name="tool" size={15} />
        <span>{toolWords(call.name, done)}</span>
        {call.failed && <span className="bad">did not work</span>}
        {!done && <span className="dots" role="img" aria-label="under way" />}
      </summary>
      <div className="inside">
        {given.length > 0 && (
          <dl>
            {given.map(([name, value]) => (
              <div key={name}>
                <dt>{name.replace(/_/g, " ")}</dt>
                <dd>{readable(value)}</dd>
              </div>
            ))}
          </dl>
        )}
        {call.result !== null && <p className="result">{call.result || "It gave nothing."}</p>}
        <p className="soft small">Tool: {call.name}</p>
      </div>
    </details>
  );
}
