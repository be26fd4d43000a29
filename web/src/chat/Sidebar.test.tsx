import type { Client } from "@langchain/langgraph-sdk";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Status } from "../api/status";
import { StatusContext } from "../app/status";
import { pretend } from "../memories/sample";
import { Sidebar } from "./Sidebar";
import { useThreads } from "./useThreads";

afterEach(() => vi.unstubAllGlobals());

const client = {} as Client;
const row = (title: string) => ({
  thread_id: title,
  title,
  updated_at: "2026-05-03T10:00:00Z",
  status: "idle",
});

function Listed() {
  const threads = useThreads(client, 0);
  const doNothing = () => undefined;
  return (
    <StatusContext value={{ user_id: "ana", auth: "none" } as Status}>
      <Sidebar
        client={client}
        threads={threads}
        current={null}
        search={{ current: null }}
        onNew={doNothing}
        onChosen={doNothing}
        onClose={doNothing}
        onRemoved={doNothing}
      />
    </StatusContext>
  );
}

function listed(answer: object) {
  const server = pretend({ "GET /mnemograph/threads": answer });
  vi.stubGlobal("fetch", server.fetch);
  render(<Listed />);
  return server;
}

it("says whose conversations are listed where others talk here, too", async () => {
  listed({ threads: [row("Knots"), row("")], next: null, others: true });
  expect(await screen.findByRole("link", { name: "Knots" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "New conversation" })).toBeTruthy();
  expect(screen.getByText(/Only those of/).textContent).toContain("Only those of ana are listed");
});

it("where nobody else talks, nobody is named", async () => {
  listed({ threads: [row("Knots")], next: null, others: false });
  expect(await screen.findByRole("link", { name: "Knots" })).toBeTruthy();
  expect(screen.queryByText(/Only those of/)).toBeNull();
});
