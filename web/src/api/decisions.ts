/** What became of each candidate of a turn, and why: shapes as memory/lifecycle/decisions.py has them. */

import { ask, query } from "./http";
import type { Source } from "./memories";

export type Decision = {
  /** "new", "same", "refuse", "quarantine" …: what was done. */
  what: string;
  /** One sentence. */
  reason: string;
  statement: string;
  quote: string;
  source: Source;
  /** What came of it, and the memory that it concerns; "" for none. */
  memory: string;
  of: string;
};

export type TurnDecisions = {
  /** In whose room; "" is one's own. */
  agent: string;
  /** The thread, and behind a colon the message that began the turn. */
  turn: string;
  thread_id: string;
  at: string;
  decisions: Decision[];
  left_out: number;
};

type Asked = { limit?: number; turn?: string };

export const readDecisions = async (asked: Asked, signal?: AbortSignal) =>
  (await ask<{ turns: TurnDecisions[] }>(`/mnemograph/memories/decisions${query(asked)}`, { signal })).turns;

/** A turn as the server names it. */
export const turnName = (thread: string, message: string) => `${thread}:${message}`;

export const messageOf = (turn: TurnDecisions) => turn.turn.slice(turn.thread_id.length + 1);
