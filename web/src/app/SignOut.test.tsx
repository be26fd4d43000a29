import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { keepKey, readKey } from "../api/key";
import type { Status } from "../api/status";
import { keepDraft, readDraft } from "../chat/drafts";
import { keepSent, readSent } from "../chat/sent";
import { PANEL } from "./leaving";
import { SignOut } from "./SignOut";
import { StatusContext } from "./status";

function shown(auth: Status["auth"]) {
  const reload = vi.fn();
  render(
    <StatusContext value={{ auth, user_id: "ana" } as Status}>
      <SignOut reload={reload} />
    </StatusContext>,
  );
  return reload;
}

it("signing out leaves nothing of the person in the browser, and the layout as it is", async () => {
  for (const stay of [true, false]) keepKey("ana-0123456789", stay);
  keepDraft("t-1", "Half a thought");
  keepSent("t-1", { id: "m-1", text: "A secret" });
  localStorage.setItem(PANEL, "closed");
  history.replaceState(null, "", "#/c/t-1");
  const reload = shown("keys");
  expect(screen.getByText("ana")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect(reload).toHaveBeenCalledOnce();
  expect([readKey(), readDraft("t-1"), readSent("t-1"), location.hash]).toEqual(["", "", null, "#/c"]);
  expect(localStorage.getItem(PANEL)).toBe("closed");
});

it("another window that signs out takes this one along, unless this one has a key of its own", () => {
  keepKey("ana-0123456789", true);
  const reload = shown("keys");
  const gone = () =>
    window.dispatchEvent(new StorageEvent("storage", { key: "mnemograph.key", newValue: null }));
  gone();
  expect(reload).not.toHaveBeenCalled();
  localStorage.clear();
  gone();
  expect(reload).toHaveBeenCalledOnce();
});

it("there is no way out where nobody has to sign in", () => {
  shown("none");
  expect(screen.queryByRole("button")).toBeNull();
});
