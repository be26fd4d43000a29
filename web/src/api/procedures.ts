/** How the user wants things done (server/procedures.py): each with its versions, oldest first. */

import { ask } from "./http";
import type { Memory } from "./memories";

export type Procedures = { procedures: { versions: Memory[] }[]; in_force: number; most_in_force: number };

const ROOT = "/mnemograph/procedures";
const decide =
  (what: string) =>
  (id: string, body: object = {}) =>
    ask<{ memory: Memory }>(`${ROOT}/${encodeURIComponent(id)}/${what}`, { method: "POST", body });

/** `all`: also those that are neither in force nor waiting any more. */
export const listProcedures = (all = false) => ask<Procedures>(`${ROOT}${all ? "?all=true" : ""}`);
export const approveProcedure = (id: string) => decide("approve")(id);
export const rejectProcedure = (id: string, reason = "") => decide("reject")(id, { reason });
export const editProcedure = (id: string, text: string) => decide("edit")(id, { text });
export const rollBackProcedure = (id: string) => decide("rollback")(id);
