/** What the server told about itself when the page was opened. */

import { createContext, use } from "react";
import type { Status } from "../api/status";

export const StatusContext = createContext<Status | null>(null);

export function useStatus(): Status {
  const status = use(StatusContext);
  if (!status) throw new Error("useStatus stands outside of SignedIn");
  return status;
}
