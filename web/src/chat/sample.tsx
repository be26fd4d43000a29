/** What tests of the chat share. */

import type { ReactNode } from "react";
import type { Status } from "../api/status";
import { StatusContext } from "../app/status";

export const STATUS: Status = {
  user_id: "ana",
  auth: "none",
  model: "offline",
  offline: true,
  procedures: "ask",
  remember: "inline",
};

export function WithStatus({ children }: { children: ReactNode }) {
  return <StatusContext value={STATUS}>{children}</StatusContext>;
}
