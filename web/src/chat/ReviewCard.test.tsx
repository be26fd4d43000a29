import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ReviewCard } from "./ReviewCard";
import type { Action } from "./review";

const action = (instruction: string): Action => ({
  name: "keep_procedure",
  args: { instruction },
  description: `You said: “${instruction}” Shall I do this in every conversation?`,
  allowed: ["approve", "edit", "reject"],
});

function shown(...actions: Action[]) {
  const onDecide = vi.fn();
  render(<ReviewCard actions={actions} busy={false} onDecide={onDecide} />);
  return { onDecide, user: userEvent.setup() };
}

it("approves", async () => {
  const { onDecide, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "Yes, always" }));
  expect(onDecide).toHaveBeenCalledExactlyOnceWith([{ type: "approve" }]);
});

it("rejects", async () => {
  const { onDecide, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "No" }));
  expect(onDecide).toHaveBeenCalledExactlyOnceWith([{ type: "reject" }]);
});

it("keeps it as it was said otherwise", async () => {
  const { onDecide, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "Say it otherwise" }));
  const field = screen.getByRole("textbox", { name: "The instruction" });
  expect(document.activeElement).toBe(field);
  await user.clear(field);
  await user.type(field, "Answer in one line.");
  await user.click(screen.getByRole("button", { name: "Keep it like this" }));
  expect(onDecide).toHaveBeenCalledExactlyOnceWith([
    {
      type: "edit",
      edited_action: { name: "keep_procedure", args: { instruction: "Answer in one line." } },
    },
  ]);
});

it("answers several questions at once, in their order", async () => {
  const { onDecide, user } = shown(action("One."), action("Two."));
  await user.click(screen.getByRole("button", { name: "No" }));
  expect(onDecide).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Yes, always" }));
  expect(onDecide).toHaveBeenCalledExactlyOnceWith([{ type: "reject" }, { type: "approve" }]);
});

it("offers only what may be answered", () => {
  shown({ ...action("One."), allowed: ["reject"] });
  expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["No"]);
});
