/** One memory by itself, opened: where a link to it leads. */

import { useState } from "react";
import type { Memory } from "../api/memories";
import { address, go } from "../app/route";
import { Failure } from "../parts/Failure";
import { MemoryCard } from "./MemoryCard";
import { useMemoryById } from "./memoryById";

export function OneMemory({ id }: { id: string }) {
  const { told, failed, again } = useMemoryById(id);
  const [gone, setGone] = useState(false);
  const changed = (next: Memory | null) => {
    if (!next) setGone(true);
    else if (next.id !== told?.memory.id) go(address("memories", next.id));
    else again();
  };
  return (
    <>
      <p>
        <a href={address("memories")}>All memories</a>
      </p>
      {failed && <Failure sentence={failed} again={again} />}
      {gone && <p role="status">It is forgotten.</p>}
      {told && !gone && <MemoryCard key={told.memory.id} memory={told.memory} onChange={changed} open />}
      {!told && !failed && <p className="soft">One moment …</p>}
    </>
  );
}
