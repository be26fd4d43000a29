/** ‹ 1/2 ›: which version of a message is shown. */

import { IconButton } from "../parts/IconButton";
import type { Versions } from "./branches";

export function VersionSwitch({ versions, onShow }: { versions: Versions; onShow(head: string): void }) {
  const { heads, shown } = versions;
  const to = (index: number) => {
    const head = heads[index];
    if (head) onShow(head);
  };
  return (
    <fieldset className="versions">
      <legend className="unseen">Versions</legend>
      <IconButton
        icon="left"
        name="The version before"
        size={16}
        disabled={shown <= 0}
        onClick={() => to(shown - 1)}
      />
      <span className="small">
        {shown + 1}/{heads.length}
      </span>
      <IconButton
        icon="right"
        name="The version after"
        size={16}
        disabled={shown >= heads.length - 1}
        onClick={() => to(shown + 1)}
      />
    </fieldset>
  );
}
