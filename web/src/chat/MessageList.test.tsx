import type { Message } from "@langchain/langgraph-sdk";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { MessageList } from "./MessageList";
import type { TurnActions } from "./TurnView";
import { turnsOf } from "./turns";

const MESSAGES: Message[] = [
  {
    type: "human",
    id: "h1",
    content: "What time is it?",
    additional_kwargs: { mnemograph: { recalled: ["m1", "m2"] } },
  },
  { type: "ai", id: "a0", content: "", tool_calls: [{ id: "c", name: "now", args: { timezone: "UTC" } }] },
  { type: "tool", id: "t", tool_call_id: "c", content: "Noon", status: "success" },
  { type: "ai", id: "a1", content: "It is **noon**.", additional_kwargs: { mnemograph: { used: ["m1"] } } },
  { type: "human", id: "h2", content: "Thanks" },
  { type: "ai", id: "a2", content: "You are welcome." },
];

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  Element.prototype.scrollTo = vi.fn();
  Element.prototype.scrollIntoView = vi.fn();
  vi.stubGlobal("CSS", { escape: (text: string) => text });
});

function shown(more: Partial<Parameters<typeof MessageList>[0]> = {}) {
  const actions = {
    edit: vi.fn(async () => true),
    retry: vi.fn(),
    show: vi.fn(),
    choose: vi.fn(),
  } satisfies TurnActions;
  render(
    <MessageList
      turns={turnsOf(MESSAGES)}
      versions={new Map()}
      actions={actions}
      busy={false}
      chosen={null}
      wanted={null}
      learned={new Map([["h1", 2]])}
      onView={vi.fn()}
      {...more}
    />,
  );
  return {
    actions,
    user: userEvent.setup(),
    turns: screen.getAllByRole("article", { name: "Message and reply" }),
  };
}

describe("the list of messages", () => {
  it("folds a tool into a card that says what it did", async () => {
    const { user } = shown();
    const card = screen.getByText("Looked at the clock").closest("details");
    expect(card?.open).toBe(false);
    await user.click(screen.getByText("Looked at the clock"));
    expect(card?.open).toBe(true);
    expect(within(card as HTMLElement).getByText("Noon")).toBeTruthy();
    expect(within(card as HTMLElement).getByText("timezone")).toBeTruthy();
  });

  it("tells of each reply what memory stands behind it, and opens that", async () => {
    const { user, actions } = shown();
    await user.click(screen.getByRole("button", { name: "1 memory used · 2 new" }));
    expect(actions.choose).toHaveBeenCalledWith(expect.objectContaining({ id: "h1" }));
  });

  it("says a message otherwise", async () => {
    const { user, actions, turns } = shown();
    await user.click(within(turns[0] as HTMLElement).getByRole("button", { name: "Edit the message" }));
    const box = screen.getByRole("textbox", { name: "Edit the message" });
    await user.clear(box);
    await user.type(box, "What day is it?{Enter}");
    expect(actions.edit).toHaveBeenCalledWith(expect.objectContaining({ id: "h1" }), "What day is it?");
    expect(screen.queryByRole("textbox")).toBeNull();
  });

  it("sends what is said otherwise once, however often Enter is pressed while its place is looked for", async () => {
    const { user, actions, turns } = shown();
    let find = (_: boolean) => {};
    const found = new Promise<boolean>((resolve) => {
      find = resolve;
    });
    actions.edit.mockReturnValue(found);
    await user.click(within(turns[0] as HTMLElement).getByRole("button", { name: "Edit the message" }));
    await user.type(screen.getByRole("textbox"), " Now?{Enter}{Enter}");
    find(true);
    await waitFor(() => expect(screen.queryByRole("textbox")).toBeNull());
    expect(actions.edit).toHaveBeenCalledOnce();
  });

  it("says so where a message is too old to be changed, and keeps what was typed", async () => {
    const { user, actions, turns } = shown();
    actions.edit.mockResolvedValue(false);
    await user.click(within(turns[0] as HTMLElement).getByRole("button", { name: "Edit the message" }));
    await user.type(screen.getByRole("textbox"), " Now?{Enter}");
    expect(screen.getByRole("alert").textContent).toContain("too old");
    expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("What time is it? Now?");
  });

  it("asks for another reply to the last message alone", async () => {
    const { user, actions } = shown();
    await user.click(screen.getByRole("button", { name: "Another reply" }));
    expect(actions.retry).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: "h2" }));
  });

  it("switches between the versions of a message", async () => {
    const { user, actions } = shown({ versions: new Map([["h2", { heads: ["x", "y", "z"], shown: 1 }]]) });
    expect(screen.getByText("2/3")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "The version before" }));
    await user.click(screen.getByRole("button", { name: "The version after" }));
    expect(actions.show.mock.calls).toEqual([["x"], ["z"]]);
  });

  it("changes nothing while an answer is being written", () => {
    shown({ busy: true });
    expect(screen.queryByRole("button", { name: "Edit the message" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Another reply" })).toBeNull();
  });

  it("goes to the message that evidence names, and marks it", () => {
    const onView = vi.fn();
    const { turns } = shown({ wanted: "a1", onView });
    expect(onView).toHaveBeenCalledExactlyOnceWith("h1");
    expect(turns[0]?.dataset.marked).toBe("reply");
    expect(turns[1]?.dataset.marked).toBeUndefined();
    expect(Element.prototype.scrollIntoView).toHaveBeenCalled();
  });
});
