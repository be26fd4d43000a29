/** The server's state, as GET /mnemograph/status tells it. */

import { ask } from "./http";

export type Part = { name: string; what: string; ok: boolean; detail: string };

export type Status = {
  /** Whose memories these are. */
  user_id: string;
  /** "none": nobody signs in; "keys": a key names its user. */
  auth: "none" | "keys";
  model: string;
  /** Answers come from rules, not from a model. */
  offline: boolean;
  /** How a wish on how things are done is taken: asked about, applied, or not at all. */
  procedures: "ask" | "auto" | "off";
  remember: "inline" | "background";
};

export const readStatus = () => ask<Status>("/mnemograph/status");
