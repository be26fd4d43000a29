/** Who else may read or write the user's memories (server/grants.py). */

import { ask } from "./http";

export type Grant = {
  /** "agent:planner", "team:family", "user:bo" */
  grantee: string;
  /** The agent whose own memory is meant, or "": the user's. */
  of: string;
  kinds: string[];
  action: "read" | "write";
  until: string | null;
  /** False: its time is over. */
  holds: boolean;
};

export type Granting = Pick<Grant, "grantee" | "kinds" | "action"> & { until?: string };

const ROOT = "/mnemograph/grants";

export const listGrants = () => ask<Grant[]>(ROOT);
export const giveGrant = (grant: Granting) => ask<Grant>(ROOT, { method: "POST", body: grant });
export const revokeGrant = ({ grantee, of, kinds }: Grant) =>
  ask<Grant[]>(ROOT, { method: "DELETE", body: { grantee, of, ...(kinds.includes("*") ? {} : { kinds }) } });
