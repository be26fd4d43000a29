import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ReviewCard } from "./ReviewCard";
import { type Action, PROCEDURE } from "./review";

const action = (instruction: string): Action => ({
  name: PROCEDURE,
  args: { instruction },
  description: `You said: “${instruction}” Shall I do this in every conversation?`,
  allowed: ["approve", "edit", "reject"],
});

function shown(...actions: Action[]) {
  return asked({ actions });
}

function asked({ actions = [], value }: { actions?: Action[]; value?: unknown }) {
  const onAnswer = vi.fn();
  render(<ReviewCard question={{ id: "q", value, actions }} busy={false} onAnswer={onAnswer} />);
  return { onAnswer, user: userEvent.setup() };
}

it("approves", async () => {
  const { onAnswer, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "Yes, always" }));
  expect(onAnswer).toHaveBeenCalledExactlyOnceWith({ decisions: [{ type: "approve" }] });
});

it("rejects", async () => {
  const { onAnswer, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "No" }));
  expect(onAnswer).toHaveBeenCalledExactlyOnceWith({ decisions: [{ type: "reject" }] });
});

it("keeps it as it was said otherwise", async () => {
  const { onAnswer, user } = shown(action("Answer briefly."));
  await user.click(screen.getByRole("button", { name: "Say it otherwise" }));
  const field = screen.getByRole("textbox", { name: "The instruction" });
  expect(document.activeElement).toBe(field);
  await user.clear(field);
  await user.type(field, "Answer in one line.");
  await user.click(screen.getByRole("button", { name: "Keep it like this" }));
  expect(onAnswer).toHaveBeenCalledExactlyOnceWith({
    decisions: [
      { type: "edit", edited_action: { name: PROCEDURE, args: { instruction: "Answer in one line." } } },
    ],
  });
});

it("answers several questions at once, in their order", async () => {
  const { onAnswer, user } = shown(action("One."), action("Two."));
  await user.click(screen.getByRole("button", { name: "No" }));
  expect(onAnswer).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Yes, always" }));
  expect(onAnswer).toHaveBeenCalledExactlyOnceWith({ decisions: [{ type: "reject" }, { type: "approve" }] });
});

it("offers only what may be answered", () => {
  shown({ ...action("One."), allowed: ["reject"] });
  expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["No"]);
});

const wire: Action = {
  name: "wire_money",
  args: { amount: 5, to: "Bob", fast: false },
  description: "Wire 5?",
  allowed: ["approve", "edit", "reject"],
};

it("changes the arguments of a tool, which had no editor and were called an instruction", async () => {
  const { onAnswer, user } = shown(wire);
  expect(screen.getByText(/amount: 5/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Change it" }));
  expect(screen.queryByLabelText("The instruction")).toBeNull();
  const amount = screen.getByRole("spinbutton", { name: "amount" });
  await user.clear(amount);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Do it like this" }).disabled).toBe(true);
  await user.type(amount, "7");
  await user.click(screen.getByRole("checkbox", { name: "fast" }));
  await user.click(screen.getByRole("button", { name: "Do it like this" }));
  const args = { amount: 7, to: "Bob", fast: true };
  expect(onAnswer).toHaveBeenCalledExactlyOnceWith({
    decisions: [{ type: "edit", edited_action: { name: "wire_money", args } }],
  });
});

it("does not promise to do always what a tool asks for once", () => {
  shown(wire);
  const names = screen.getAllByRole("button").map((button) => button.textContent);
  expect(names).toEqual(["Yes", "Change it", "No"]);
});

it.each([["Which colour?"], [{ question: "Which colour?" }], [["red", "blue"]]])(
  "shows a question of another form, and takes words: %j",
  async (value) => {
    const { onAnswer, user } = asked({ value });
    const told = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    expect(screen.getByRole("region").querySelector("p")?.textContent).toBe(told);
    await user.type(screen.getByRole("textbox", { name: "Your answer" }), " blue ");
    await user.click(screen.getByRole("button", { name: "Answer" }));
    expect(onAnswer).toHaveBeenCalledExactlyOnceWith("blue");
  },
);
