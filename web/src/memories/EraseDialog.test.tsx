import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { BelongingsView } from "./BelongingsView";
import { pretend } from "./sample";

afterEach(() => vi.unstubAllGlobals());

const ROOT = "/mnemograph/memories";
const counted = {
  user_id: "ana",
  confirm: "ana",
  counts: { memory_items: 412, conversations: 38, checkpoints: 0 },
};

async function asked(answers: Record<string, unknown>) {
  const server = pretend({ [`GET ${ROOT}/counts`]: counted, ...answers });
  vi.stubGlobal("fetch", server.fetch);
  render(<BelongingsView />);
  await userEvent.click(screen.getByRole("button", { name: "Erase …" }));
  await screen.findByText("412 memories and notes about them");
  return server;
}

test("it says what will go, and waits for the user's own id", async () => {
  const { asked: sent } = await asked({
    [`POST ${ROOT}/erase`]: { erased: counted.counts, left: { memory_items: 0, conversations: 0 } },
  });
  expect(screen.getByText("38 conversations")).toBeTruthy();
  const yes = screen.getByRole<HTMLButtonElement>("button", { name: "Erase everything" });
  expect(yes.disabled).toBe(true);
  await userEvent.type(screen.getByRole("textbox"), "Ana{Enter}");
  expect(yes.disabled).toBe(true);
  expect(sent.some((each) => each.route.startsWith("POST"))).toBe(false);
  await userEvent.clear(screen.getByRole("textbox"));
  await userEvent.type(screen.getByRole("textbox"), "ana");
  await userEvent.click(yes);
  expect(sent.at(-1)?.body).toEqual({ confirm: "ana" });
  expect(
    await screen.findByText("Erased: 412 memories and notes about them, 38 conversations. Nothing is left."),
  ).toBeTruthy();
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("what is left over is said, although the server failed", async () => {
  await asked({
    [`POST ${ROOT}/erase`]: Response.json({ detail: "Not all.", left: { checkpoints: 2 } }, { status: 500 }),
  });
  await userEvent.type(screen.getByRole("textbox"), "ana{Enter}");
  expect(await screen.findByText(/This is still there: 2 records of how conversations stood/)).toBeTruthy();
});

test("a refusal stays in the dialog as a sentence", async () => {
  await asked({ [`POST ${ROOT}/erase`]: Response.json({ detail: "Not now." }, { status: 503 }) });
  await userEvent.type(screen.getByRole("textbox"), "ana{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe("Not now.");
  expect(screen.getByRole("dialog")).toBeTruthy();
});
