/** A memory beside the conversation: one line and why; opened, the memory itself with all that can be done. */

import { Suspense, useState } from "react";
import type { Kind, Memory } from "../api/memories";
import { MemoryCard } from "../memories/LazyCard";
import { useMemoryById } from "../memories/memoryById";
import { KIND_WORDS } from "../memories/words";
import { Failure } from "../parts/Failure";

type Props = { id: string; kind?: Kind; text: string; why?: string; used?: boolean };

export function MemoryRow({ id, kind, text, why, used = false }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <li className={used ? "memoryrow used" : "memoryrow"}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={`dot ${kind ?? ""}`} title={kind && KIND_WORDS[kind]} />
        <span className="words">
          {open ? <span className="unseen">{text}</span> : <span dir="auto">{text}</span>}
          {(why || open) && <span className="why soft small">{why || "Close"}</span>}
        </span>
      </button>
      {open && <Opened id={id} />}
    </li>
  );
}

function Opened({ id }: { id: string }) {
  const { told, failed, again } = useMemoryById(id);
  const [next, setNext] = useState<Memory | null | undefined>(undefined);
  if (failed) return <Failure sentence={failed} again={again} />;
  if (next === null) return <p className="soft small">It is forgotten.</p>;
  const memory = next ?? told?.memory;
  if (!memory) return <p className="soft small">One moment …</p>;
  return (
    <Suspense fallback={<p className="soft small">One moment …</p>}>
      <MemoryCard memory={memory} onChange={setNext} compact open />
    </Suspense>
  );
}
