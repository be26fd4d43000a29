import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Composer } from "./Composer";
import { readDraft } from "./drafts";
import { WithStatus } from "./sample";

beforeEach(() => localStorage.clear());

function shown(more: Partial<Parameters<typeof Composer>[0]> = {}) {
  const onSay = vi.fn();
  const onStop = vi.fn(async () => "");
  const props = { thread: "t", box: createRef<HTMLTextAreaElement>(), busy: false, held: "", onSay, onStop };
  const view = render(<Composer {...props} {...more} />, { wrapper: WithStatus });
  const again = (next: Partial<Parameters<typeof Composer>[0]>) =>
    view.rerender(<Composer {...props} {...more} {...next} />);
  return { onSay, onStop, again, user: userEvent.setup() };
}

const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });

describe("the box in which one writes", () => {
  it("sends on Enter, makes a line on Shift+Enter, and is empty afterwards", async () => {
    const { onSay, user } = shown();
    await user.type(box(), "one{Shift>}{Enter}{/Shift}two{Enter}");
    expect(onSay).toHaveBeenCalledExactlyOnceWith("one\ntwo");
    expect(box().value).toBe("");
    expect(readDraft("t")).toBe("");
  });

  it("sends nothing that is empty, and nothing while it is held", async () => {
    const { onSay, user, again } = shown();
    await user.type(box(), "  {Enter}");
    again({ held: "The server is away." });
    await user.type(box(), "words{Enter}");
    expect(onSay).not.toHaveBeenCalled();
    expect(box().value).toContain("words");
    expect(screen.getByText("The server is away.")).toBeTruthy();
  });

  it("keeps a draft for whenever the conversation is opened again", async () => {
    const { user } = shown();
    await user.type(box(), "half a thought");
    expect(readDraft("t")).toBe("half a thought");
  });

  it("stops on Escape, and gives back what was not taken", async () => {
    const onStop = vi.fn(async () => "what was said");
    const { user } = shown({ busy: true, onStop });
    await user.type(box(), "{Escape}");
    expect(onStop).toHaveBeenCalledOnce();
    expect(box().value).toBe("what was said");
  });

  it("refuses a pasted file with a sentence, and takes pasted text", async () => {
    shown();
    const file = new File(["x"], "a.png", { type: "image/png" });
    const paste = createEvent.paste(box(), { clipboardData: { files: [file] } });
    fireEvent(box(), paste);
    expect(paste.defaultPrevented).toBe(true);
    expect(screen.getByText(/Files cannot be sent/)).toBeTruthy();
    const text = createEvent.paste(box(), { clipboardData: { files: [] } });
    fireEvent(box(), text);
    expect(text.defaultPrevented).toBe(false);
  });

  it("refuses a dropped file, also beside the box", () => {
    shown();
    for (const place of [box(), document.body]) {
      const drop = createEvent.drop(place, { dataTransfer: { types: ["Files"] } });
      fireEvent(place, drop);
      expect(drop.defaultPrevented).toBe(true);
    }
    expect(screen.getByText(/Files cannot be sent/)).toBeTruthy();
  });
});
