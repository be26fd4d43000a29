/** How the server does: its parts, what waits, how much there is, how long things take. Looks again by itself. */

import { useCallback, useEffect, useState } from "react";
import { type Parts, readParts } from "../api/status";
import { Failure } from "../parts/Failure";
import { Time } from "../parts/Time";
import { useAsked } from "../parts/useAsked";
import { Latencies } from "./Latencies";
import { PartCard } from "./PartCard";
import { Sizes } from "./Sizes";
import { queueInWords } from "./words";
import "./health.css";

const AGAIN_MS = 5000;
/** How often of these it also counts all that there is. */
const SIZES_EVERY = 12;

export default function HealthRoom() {
  const [round, setRound] = useState(0);
  const question = useCallback((signal: AbortSignal) => read(round, signal), [round]);
  const { answer, failed, again } = useAsked(question);
  const [shown, setShown] = useState<Looked | null>(null);
  const [sizes, setSizes] = useState<Parts["sizes"]>();
  // What was told last stays until the next answer; the sizes are told now and then alone.
  if (answer && answer !== shown) {
    setShown(answer);
    if (answer.sizes) setSizes(answer.sizes);
  }

  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setRound((now) => now + 1);
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <main className="health">
      <header className="row">
        <h1>Health</h1>
        {shown && !failed && <Overall parts={shown} />}
      </header>
      {failed && <Failure sentence={failed} again={again} />}
      {failed && shown && <p className="soft">This is how it was before:</p>}
      {shown ? <Told parts={shown} sizes={sizes} /> : !failed && <p className="soft">One moment …</p>}
      <footer className="row small soft">
        {shown && (
          <span>
            Version {shown.version}, looked <Time at={shown.at} />.
          </span>
        )}
        <a href="./docs">API documentation</a>
        <a href="./health/ready">Readiness for machines</a>
      </footer>
    </main>
  );
}

type Looked = Parts & { at: string };

async function read(round: number, signal: AbortSignal): Promise<Looked> {
  return { ...(await readParts(round % SIZES_EVERY === 0, signal)), at: new Date().toISOString() };
}

function Overall({ parts }: { parts: Parts }) {
  const ill = parts.parts.filter((part) => !part.ok);
  const sentence =
    ill.length === 0 ? "All parts are well." : `Not well: ${ill.map((part) => part.name).join(", ")}.`;
  return (
    <p className={ill.length === 0 ? "overall good" : "overall bad"} role="status">
      {sentence}
    </p>
  );
}

function Told({ parts, sizes }: { parts: Parts; sizes: Parts["sizes"] }) {
  return (
    <>
      <section aria-labelledby="parts-name">
        <h2 id="parts-name">Parts</h2>
        <ul className="partcards">
          {parts.parts.map((part) => (
            <PartCard key={part.name} part={part} />
          ))}
        </ul>
        {parts.traces && (
          <p>
            <a href={parts.traces} target="_blank" rel="noopener noreferrer nofollow">
              Traces of the runs in LangSmith
            </a>
          </p>
        )}
      </section>
      <section aria-labelledby="queue-name">
        <h2 id="queue-name">Extraction</h2>
        <p>{queueInWords(parts.queue, parts.remember)}</p>
      </section>
      {sizes && <Sizes user={parts.user_id} sizes={sizes} />}
      <Latencies latencies={parts.latencies} />
    </>
  );
}
