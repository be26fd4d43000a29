/** The agents that keep memories in rooms of their own: none where nobody works in a team. */

import { useEffect, useState } from "react";
import { listMemories } from "../api/memories";

export function useAgents(): string[] {
  const [agents, setAgents] = useState<string[]>([]);
  useEffect(() => {
    const asked = new AbortController();
    // Where the server is away, the list says so.
    listMemories({ limit: 1 }, asked.signal).then(
      (page) => setAgents(page.agents ?? []),
      () => undefined,
    );
    return () => asked.abort();
  }, []);
  return agents;
}
