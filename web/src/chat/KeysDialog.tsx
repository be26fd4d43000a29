/** The keys of the chat. */

import { useEffect, useRef } from "react";

const KEYS: [string, string][] = [
  ["/", "Write a message"],
  ["Ctrl or ⌘ + K", "New conversation"],
  ["Ctrl or ⌘ + Shift + F", "Search conversations"],
  ["Ctrl or ⌘ + Shift + M", "Show or hide memory"],
  ["Enter", "Send"],
  ["Shift + Enter", "New line"],
  ["↑ ↓", "Go through the conversations"],
  ["Escape", "Close, or stop the answer"],
  ["?", "Show these keys"],
];

export function KeysDialog({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current && !dialog.current.open) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="confirm keys" aria-label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <button className="button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </dialog>
  );
}
