/** Asks for the key where the server wants one, once, and shows the page. */

import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from "react";
import { Failed } from "../api/http";
import { forgetKey, keepKey, readKey } from "../api/key";
import { readStatus, type Status } from "../api/status";
import { StatusContext } from "./status";

const AGAIN_MS = 2000;

export function SignedIn({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState<Status | null>(null);
  const [failed, setFailed] = useState<Failed | null>(null);

  const look = useCallback(async () => {
    try {
      setStatus(await readStatus());
      setFailed(null);
    } catch (error) {
      setFailed(error instanceof Failed ? error : new Failed(String(error), 0));
    }
  }, []);

  useEffect(() => void look(), [look]);
  useEffect(() => {
    if (!failed || failed.status === 401) return;
    const timer = setTimeout(look, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [failed, look]);

  if (failed?.status === 401) return <KeyForm sentence={readKey() ? failed.message : ""} onKey={look} />;
  if (!status) return <p className={failed ? "alert" : "soft wait"}>{failed?.message ?? "One moment …"}</p>;
  return <StatusContext value={status}>{children}</StatusContext>;
}

function KeyForm({ sentence, onKey }: { sentence: string; onKey: () => void }) {
  const [key, setKey] = useState("");
  const [stay, setStay] = useState(false);
  const send = (event: FormEvent) => {
    event.preventDefault();
    keepKey(key.trim(), stay);
    setKey("");
    onKey();
  };
  const forget = () => {
    forgetKey();
    onKey();
  };
  return (
    <form className="signin" onSubmit={send}>
      <h1>Mnemograph</h1>
      {sentence && (
        <p className="alert" role="alert">
          {sentence}
        </p>
      )}
      <label htmlFor="key">This server asks for a key.</label>
      <input
        id="key"
        className="field"
        type="password"
        autoComplete="current-password"
        value={key}
        onChange={(event) => setKey(event.target.value)}
      />
      <label className="row small">
        <input type="checkbox" checked={stay} onChange={(event) => setStay(event.target.checked)} />
        Keep it on this device
      </label>
      <div className="row">
        <button className="button main" type="submit" disabled={!key.trim()}>
          Go on
        </button>
        {readKey() && (
          <button className="button quiet" type="button" onClick={forget}>
            Forget the kept key
          </button>
        )}
      </div>
    </form>
  );
}
