/** How long what the server did lately took. */

import type { Latency } from "../api/status";
import { Scrolled } from "./Scrolled";
import { duration, WORK } from "./words";

export function Latencies({ latencies }: { latencies: Record<string, Latency> }) {
  const found = Object.entries(latencies);
  return (
    <section aria-labelledby="latencies-name">
      <h2 id="latencies-name">How long it takes</h2>
      {found.length === 0 ? (
        <p className="soft">Nothing was measured since the server started.</p>
      ) : (
        <Scrolled name="How long each kind of work takes">
          <table>
            <thead>
              <tr>
                <th scope="col">Of the last 500 each</th>
                <th scope="col">half within</th>
                <th scope="col">95 of 100 within</th>
                <th scope="col">since the start</th>
                <th scope="col">failed</th>
              </tr>
            </thead>
            <tbody>
              {found.map(([kind, each]) => (
                <tr key={kind}>
                  <th scope="row">{WORK[kind] ?? kind}</th>
                  <td>{duration(each.p50_ms)}</td>
                  <td>{duration(each.p95_ms)}</td>
                  <td>{each.count.toLocaleString()}</td>
                  <td>{each.failed.toLocaleString()}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
    </section>
  );
}
