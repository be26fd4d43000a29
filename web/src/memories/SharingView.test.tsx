import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Grant } from "../api/grants";
import { grantWords } from "./grantWords";
import { SharingView } from "./SharingView";

afterEach(() => vi.unstubAllGlobals());

const planner: Grant = {
  grantee: "agent:planner",
  of: "",
  kinds: ["semantic", "episodic"],
  action: "read",
  until: null,
  holds: true,
};

test("a grant is told in a sentence, whatever its name holds", () => {
  expect(grantWords(planner)).toBe("The agent planner may read your facts and moments");
  expect(grantWords({ ...planner, grantee: "user:a:b", kinds: ["*"], action: "write" })).toBe(
    "The user a:b may read and write all of yours",
  );
  expect(grantWords({ ...planner, of: "scout", kinds: ["semantic"] })).toContain(
    "what the agent scout keeps",
  );
});

test("a grant is given, seen and revoked", async () => {
  let grants: Grant[] = [];
  const sent: { method: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    const method = init.method ?? "GET";
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    if (method !== "GET") sent.push({ method, body });
    if (method === "POST") grants = [planner];
    if (method === "DELETE") grants = [];
    return Response.json(method === "POST" ? planner : grants);
  });
  render(<SharingView />);
  expect(await screen.findByText("Nobody but you and your own agent.")).toBeTruthy();
  await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "planner");
  await userEvent.click(screen.getByRole("checkbox", { name: "Moments" }));
  await userEvent.click(screen.getByRole("button", { name: "Allow" }));
  expect(await screen.findByText("The agent planner may read your facts and moments")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /^Revoke/ }));
  await waitFor(() => expect(screen.getByText("Nobody but you and your own agent.")).toBeTruthy());
  expect(sent).toEqual([
    { method: "POST", body: { grantee: "agent:planner", kinds: ["semantic", "episodic"], action: "read" } },
    { method: "DELETE", body: { grantee: "agent:planner", of: "", kinds: ["semantic", "episodic"] } },
  ]);
});
