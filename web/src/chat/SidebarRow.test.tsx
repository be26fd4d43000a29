import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { SidebarRow } from "./SidebarRow";

function shown(more: Partial<Parameters<typeof SidebarRow>[0]> = {}) {
  const onRename = vi.fn(async () => {});
  const onRemove = vi.fn(async () => {});
  const row = { id: "t/1", title: "Peanuts", updated: "2026-05-03T10:00:00Z", status: "idle" as const };
  render(
    <ul>
      <SidebarRow row={row} current onChosen={vi.fn()} onRename={onRename} onRemove={onRemove} {...more} />
    </ul>,
  );
  return { onRename, onRemove, user: userEvent.setup() };
}

it("opens the conversation, and says that it is the one that is shown", () => {
  shown();
  const link = screen.getByRole("link", { name: "Peanuts" });
  expect(link.getAttribute("href")).toBe("#/c/t%2F1");
  expect(link.getAttribute("aria-current")).toBe("true");
});

it("asks before it deletes, and says what goes and that memories stay", async () => {
  const { onRemove, user } = shown();
  await user.click(screen.getByRole("button", { name: "Delete “Peanuts”" }));
  expect(onRemove).not.toHaveBeenCalled();
  expect(screen.getByRole("dialog").textContent).toContain("What was remembered from it stays");
  expect(screen.getByRole("link", { name: "see your memories" }).getAttribute("href")).toBe("#/memories");
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect(onRemove).toHaveBeenCalledOnce();
});

it("says why a conversation could not be deleted, and leaves it", async () => {
  const { user } = shown({ onRemove: () => Promise.reject(new TypeError("Failed to fetch")) });
  await user.click(screen.getByRole("button", { name: "Delete “Peanuts”" }));
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect(screen.getByRole("alert").textContent).toContain("The server does not answer");
});

it("renames, and does not where Escape is pressed or nothing is left", async () => {
  const { onRename, user } = shown();
  const rename = async (typed: string) => {
    await user.click(screen.getByRole("button", { name: "Rename “Peanuts”" }));
    await user.clear(screen.getByRole("textbox"));
    await user.type(screen.getByRole("textbox"), typed);
  };
  await rename("Nuts{Escape}");
  expect(onRename).not.toHaveBeenCalled();
  await rename("{Enter}");
  expect(onRename).not.toHaveBeenCalled();
  await user.type(screen.getByRole("textbox"), "Nuts{Enter}");
  expect(onRename).toHaveBeenCalledExactlyOnceWith("Nuts");
});

it("puts what is typed in the place of the name", async () => {
  const { onRename, user } = shown();
  await user.click(screen.getByRole("button", { name: "Rename “Peanuts”" }));
  await user.keyboard("Nuts{Enter}");
  expect(onRename).toHaveBeenCalledExactlyOnceWith("Nuts");
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Rename “Peanuts”" })),
  );
});

it("tells that a question waits", () => {
  shown({ row: { id: "t", title: "Peanuts", updated: "2026-05-03T10:00:00Z", status: "interrupted" } });
  expect(screen.getByRole("img", { name: "A question waits for you" })).toBeTruthy();
});
