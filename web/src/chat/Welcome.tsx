/** What a conversation begins with. */

import { useStatus } from "../app/status";

const BEGINNINGS = [
  "I am allergic to peanuts.",
  "My sister Inês is visiting me next week.",
  "Please always answer in bullet points.",
  "What do you know about me?",
];

export function Welcome({ onSay }: { onSay(text: string): void }) {
  const { offline } = useStatus();
  return (
    <div className="welcome">
      <h2>What is on your mind?</h2>
      <p className="soft">
        What you tell me here I know in the next conversation too. Say it, and start anew.
      </p>
      <ul>
        {BEGINNINGS.map((text) => (
          <li key={text}>
            <button className="button" type="button" onClick={() => onSay(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
      {offline && (
        <p className="soft small">No model is set, so answers come from rules. Memory works all the same.</p>
      )}
    </div>
  );
}
