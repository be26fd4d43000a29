/** The memory that was chosen on the map. */

import type { Memory } from "../api/memories";
import { Failure } from "../parts/Failure";
import { focusNow } from "../parts/focus";
import { MemoryCard } from "./MemoryCard";
import { useMemoryById } from "./memoryById";

type Props = { id: string; onClose(): void; onChange(next: Memory | null, before: Memory): void };

export function ChosenMemory({ id, onClose, onChange }: Props) {
  const { told, failed, again } = useMemoryById(id);
  return (
    <section
      className="chosen"
      aria-label="The chosen memory"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <button ref={focusNow} className="button quiet small" type="button" onClick={onClose}>
        Back to the groups
      </button>
      {failed && <Failure sentence={failed} again={again} />}
      {told && <MemoryCard key={id} memory={told.memory} onChange={onChange} compact open />}
    </section>
  );
}
