import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Behind } from "./Behind";
import { questionsIn } from "./review";
import type { Turn } from "./turns";
import type { Conversation } from "./useConversation";

const wire = (amount: number) => ({
  action_requests: [{ name: "wire_money", args: { amount }, description: `Wire ${amount}?` }],
});

function conversationWith(...interrupts: { id: string; value: unknown }[]) {
  const answer = vi.fn();
  const stub = { busy: false, error: null, values: {}, questions: questionsIn(interrupts), answer };
  return { answer, conversation: stub as unknown as Conversation };
}

const behind = (conversation: Conversation, unanswered: Turn | null = null) => (
  <Behind conversation={conversation} unanswered={unanswered} onTryAgain={vi.fn()} />
);

it("answers the question that is shown, and then shows the next one from its beginning", async () => {
  const user = userEvent.setup();
  const both = conversationWith({ id: "q1", value: wire(1) }, { id: "q2", value: wire(2) });
  const { rerender } = render(behind(both.conversation));
  expect(screen.queryByText("Wire 2?")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Yes" }));
  expect(both.answer).toHaveBeenCalledExactlyOnceWith("q1", { decisions: [{ type: "approve" }] });
  const rest = conversationWith({ id: "q2", value: wire(2) });
  rerender(behind(rest.conversation));
  expect(screen.getByText("Wire 2?")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "No" }));
  expect(rest.answer).toHaveBeenCalledExactlyOnceWith("q2", { decisions: [{ type: "reject" }] });
});

it("asks nothing while a run is under way", () => {
  const { conversation } = conversationWith({ id: "q1", value: "Which colour?" });
  render(behind({ ...conversation, busy: true }));
  expect(screen.queryByRole("region", { name: "A question to you" })).toBeNull();
});

it("offers no other try of a message whose tool waits for an answer", () => {
  const turn = { id: "m1", human: null, parts: [] } as unknown as Turn;
  const { rerender } = render(behind(conversationWith({ id: "q1", value: "When?" }).conversation, turn));
  expect(screen.queryByRole("alert")).toBeNull();
  rerender(behind(conversationWith().conversation, turn));
  expect(screen.getByRole("alert").textContent).toContain("This message was not answered.");
});
