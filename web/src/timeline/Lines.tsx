/** Lines of text as a list; two that say the same are two. */

import { keyed } from "../parts/keyed";

export function Lines({ lines }: { lines: string[] }) {
  return (
    <ul>
      {keyed(lines, (line) => line).map(({ key, item }) => (
        <li key={key}>{item}</li>
      ))}
    </ul>
  );
}
