import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Decision, TurnDecisions } from "../api/decisions";
import { Decided } from "../chat/Decided";
import { DecisionsView } from "./DecisionsView";
import { decidedWords } from "./decided";
import { pretend } from "./sample";

afterEach(() => vi.unstubAllGlobals());

const kept: Decision = {
  what: "outdates",
  reason: "What was known no longer holds.",
  statement: "The user moved to Braga.",
  quote: "I moved to Braga.",
  source: "user",
  memory: "m-new",
  of: "m-old",
};
const refused: Decision = {
  ...{ what: "refuse", reason: "Nobody said so.", statement: "The user has a boat.", quote: "" },
  ...{ source: "agent", memory: "", of: "" },
};
const forgotten: Decision = { ...refused, what: "forget", statement: "", of: "m-gone", reason: "You asked." };
const turn = (id: string, decisions: Decision[], agent = ""): TurnDecisions => ({
  ...{ agent, turn: `t-1:${id}`, thread_id: "t-1", at: "2026-05-03T10:00:00Z", decisions, left_out: 0 },
});
const DECISIONS = "GET /mnemograph/memories/decisions";

test("each decision is told with its reason, and leads to what came of it", async () => {
  const turns = [turn("m-2", [kept, refused], "researcher"), turn("m-1", [forgotten])];
  vi.stubGlobal(
    "fetch",
    pretend({ [DECISIONS]: { turns }, "POST /threads/search": [{ thread_id: "t-1" }] }).fetch,
  );
  render(<DecisionsView />);
  expect(await screen.findByText("The user moved to Braga.")).toBeTruthy();
  expect(screen.getByText("Kept, ends another")).toBeTruthy();
  expect(screen.getByText("researcher")).toBeTruthy();
  expect(screen.getByRole("link", { name: "What it concerns" }).getAttribute("href")).toBe(
    "#/memories/m-old",
  );
  // What is forgotten leads nowhere.
  expect(document.body.innerHTML).not.toContain("m-gone");
  await waitFor(() =>
    expect(
      screen
        .getAllByRole("link", { name: "See it in the conversation" })
        .map((link) => link.getAttribute("href")),
    ).toEqual(["#/c/t-1?message=m-2", "#/c/t-1?message=m-1"]),
  );
  await userEvent.click(screen.getByRole("checkbox", { name: "Only what was not kept" }));
  expect(screen.queryByText("The user moved to Braga.")).toBeNull();
  expect(screen.getByText("The user has a boat.")).toBeTruthy();
  expect(screen.queryByText(/You asked/)).toBeNull();
});

test("beside a turn its decisions are asked for once somebody wants to know", async () => {
  const server = pretend({ [DECISIONS]: { turns: [turn("m-2", [refused])] } });
  vi.stubGlobal("fetch", server.fetch);
  const { container } = render(<Decided thread="t-1" message="m-2" />);
  expect(server.asked).toEqual([]);
  const details = container.querySelector("details") as HTMLDetailsElement;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  expect(await screen.findByText("Not kept")).toBeTruthy();
  expect(server.asked[0]?.url.searchParams.get("turn")).toBe("t-1:m-2");
});

test("what is new to this page is named as the server names it", () => {
  expect(decidedWords({ ...kept, what: "something" })).toBe("something");
});
