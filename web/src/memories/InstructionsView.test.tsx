import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Memory } from "../api/memories";
import type { Status } from "../api/status";
import { StatusContext } from "../app/status";
import { InstructionsView } from "./InstructionsView";
import { groupsOf, mayGoBack } from "./instructions";
import { pretend, sample } from "./sample";

afterEach(() => vi.unstubAllGlobals());

const STATUS: Status = {
  user_id: "ana",
  auth: "none",
  model: "offline",
  offline: true,
  procedures: "ask",
  remember: "inline",
};
const ROOT = "/mnemograph/procedures";
const rule = (id: string, status: Memory["status"], text = id) =>
  sample({ id, kind: "procedural", status, text });
const first = rule("first", "superseded", "Answer in short sentences.");
const second = rule("second", "active", "Answer in one sentence.");
const wish = rule("wish", "proposed", "Answer in bullet points.");
const gone = rule("gone", "retracted", "Answer in rhymes.");
const listed = {
  procedures: [{ versions: [wish] }, { versions: [first, second] }, { versions: [gone] }],
  in_force: 1,
  most_in_force: 20,
};

function opened(answers: Record<string, unknown>) {
  const server = pretend({ [`GET ${ROOT}`]: listed, ...answers });
  vi.stubGlobal("fetch", server.fetch);
  render(
    <StatusContext value={STATUS}>
      <InstructionsView />
    </StatusContext>,
  );
  return server;
}

test("what waits comes first, and a yes puts it in force by the procedures' own route", async () => {
  const { asked } = opened({ [`POST ${ROOT}/wish/approve`]: { memory: { ...wish, status: "active" } } });
  expect((await screen.findAllByRole("heading", { level: 2 })).map((each) => each.textContent)).toEqual([
    "Waiting for your yes",
    "In force",
    "Not in force",
  ]);
  await userEvent.click(screen.getByRole("button", { name: "Approve" }));
  expect(asked.some((each) => each.route === `POST ${ROOT}/wish/approve`)).toBe(true);
  expect(asked.at(-1)?.route).toBe(`GET ${ROOT}`);
});

test("an earlier version can be gone back to", async () => {
  const { asked } = opened({ [`POST ${ROOT}/second/rollback`]: { memory: first } });
  const force = await screen.findByRole("region", { name: "In force" });
  await userEvent.click(within(force).getByText("2 versions"));
  expect(within(force).getByText("Answer in short sentences.")).toBeTruthy();
  await userEvent.click(within(force).getByRole("button", { name: "Go back to the version before" }));
  expect(asked.some((each) => each.route === `POST ${ROOT}/second/rollback`)).toBe(true);
});

test("there is a way back only where a version was in force before", () => {
  expect(mayGoBack({ shown: second, versions: [first, second] })).toBe(true);
  expect(mayGoBack({ shown: first, versions: [first, second] })).toBe(false);
  expect(mayGoBack({ shown: wish, versions: [first, wish] })).toBe(false);
  expect(groupsOf([])).toEqual([]);
});
