/** The short-term memory at one point: the messages as a list, the rest in words, all of it as JSON to unfold. */

import { useCallback, useState } from "react";
import { readState, type Said } from "../api/timeline";
import { Failure } from "../parts/Failure";
import { TraceLink } from "../parts/TraceLink";
import { useAsked } from "../parts/useAsked";
import { asKept } from "./asKept";
import { whoSaid } from "./changes";
import { Lines } from "./Lines";
import { sections, shown } from "./session";
import { counted } from "./steps";

const TAIL = 10;

export function StateView({ thread, checkpoint }: { thread: string; checkpoint: string }) {
  const question = useCallback(
    async (signal: AbortSignal) => asKept(await readState(thread, checkpoint, signal), signal),
    [thread, checkpoint],
  );
  const { answer, failed, again } = useAsked(question);
  if (failed) return <Failure sentence={failed} again={again} />;
  if (!answer) return <p className="soft">One moment …</p>;
  const messages = answer.values.messages ?? [];
  return (
    <div className="state">
      <div className="row">
        <h2>The state at this point</h2>
        <span className="small">
          <TraceLink run={String(answer.metadata?.run_id ?? "")} />
        </span>
      </div>
      <h3>Messages</h3>
      <Messages messages={messages} />
      {sections(answer.values).map((section) => (
        <div key={section.name}>
          <h3>{section.name}</h3>
          <Lines lines={section.lines} />
        </div>
      ))}
      <details>
        <summary>All of it as JSON</summary>
        <Raw value={answer.values} />
      </details>
    </div>
  );
}

function Messages({ messages }: { messages: Said[] }) {
  const [every, setEvery] = useState(false);
  if (messages.length === 0) return <p className="soft">None yet.</p>;
  const before = every ? 0 : Math.max(messages.length - TAIL, 0);
  return (
    <>
      {before > 0 && (
        <button className="button small" type="button" onClick={() => setEvery(true)}>
          Show {counted(before, "earlier message")}
        </button>
      )}
      <ol className="said" start={before + 1}>
        {messages.slice(before).map((message) => (
          <li key={message.id} className={message.type === "human" ? "mine" : undefined}>
            <strong>{whoSaid(message.type)}</strong>
            <p>{shown(message)}</p>
          </li>
        ))}
      </ol>
    </>
  );
}

function Raw({ value }: { value: unknown }) {
  // A region that scrolls has to take the focus, or the keyboard cannot move it.
  const reached = { tabIndex: 0, role: "region", "aria-label": "The state as JSON" };
  return <pre {...reached}>{JSON.stringify(value, null, 2)}</pre>;
}
