/** How much there is of the user, by kind and status. */

import { KINDS, STATUSES } from "../api/memories";
import type { Parts } from "../api/status";
import { KIND_WORDS, STATUS_WORDS } from "../memories/words";
import { counted } from "../timeline/steps";
import { Scrolled } from "./Scrolled";

type Props = { user: string; sizes: NonNullable<Parts["sizes"]> };

export function Sizes({ user, sizes }: Props) {
  const there = STATUSES.filter((status) => KINDS.some((kind) => sizes.memories[kind]?.[status]));
  return (
    <section aria-labelledby="sizes-name">
      <h2 id="sizes-name">What is kept of {user}</h2>
      <p>
        {counted(sizes.threads, "conversation")}
        {sizes.shared_threads > 0 && `, and a part in ${counted(sizes.shared_threads, "other")}`}.
      </p>
      {there.length === 0 ? (
        <p className="soft">No memories yet.</p>
      ) : (
        <Scrolled name="Memories by kind and status">
          <table>
            <thead>
              <tr>
                <th scope="col">Memories</th>
                {there.map((status) => (
                  <th key={status} scope="col">
                    {STATUS_WORDS[status]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {KINDS.map((kind) => (
                <tr key={kind}>
                  <th scope="row">
                    <span className={`tag ${kind}`}>{KIND_WORDS[kind]}</span>
                  </th>
                  {there.map((status) => (
                    <td key={status}>{(sizes.memories[kind]?.[status] ?? 0).toLocaleString()}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
    </section>
  );
}
