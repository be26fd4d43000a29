/** The server's figures in words. Pure. */

import type { Parts } from "../api/status";
import { inWords } from "../parts/time";
import { counted } from "../timeline/steps";

export const WORK: Record<string, string> = {
  recall: "Recalling for a turn",
  reply: "The model's reply",
  remember: "Remembering a turn",
  embed: "Embedding",
  "store read": "Reading memories",
  "store write": "Writing memories",
};

export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** What waits for its facts, one or two sentences. */
export function queueInWords(queue: Parts["queue"], remember: Parts["remember"], now = new Date()): string {
  if (!queue) return "It cannot be told while a database does not answer.";
  const how =
    remember === "inline"
      ? "What a turn teaches is written right behind the reply."
      : "What a turn teaches is written in the background, after a pause.";
  const parts = [how];
  if (queue.waiting > 0) {
    const since = queue.since ? `, the first since ${inWords(queue.since, now)}` : "";
    parts.push(
      `${counted(queue.waiting, "turn")} of yours ${queue.waiting === 1 ? "waits" : "wait"}${since}.`,
    );
  } else parts.push("Nothing of yours waits.");
  if (queue.running) parts.push(`Queued or at work: ${counted(queue.running, "conversation")}.`);
  if (queue.failed) parts.push(`In ${counted(queue.failed, "conversation")} it failed; it is tried again.`);
  return parts.join(" ");
}
