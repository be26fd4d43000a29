import type { Message } from "@langchain/langgraph-sdk";
import { renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keepSent, readSent } from "./sent";
import { turnsOf } from "./turns";
import type { Conversation } from "./useConversation";
import { useUnanswered } from "./useUnanswered";

beforeEach(() => sessionStorage.clear());

let number = 0;
const said = (id: string): Message => ({ type: "human", id, content: "Hello" });
const reply: Message = { type: "ai", id: "a", content: "Hi" };

function shown(messages: Message[], more: Partial<Conversation> = {}, away = false) {
  const say = vi.fn();
  const conversation = {
    turns: turnsOf(messages),
    busy: false,
    loading: false,
    thread: { loading: false, head: {} },
    threadId: "t",
    error: null,
    say,
    ...more,
  } as unknown as Conversation;
  const view = renderHook(({ gone }) => useUnanswered(conversation, "t", gone), {
    initialProps: { gone: away },
  });
  return { say, view };
}

describe("a message that the server did not answer", () => {
  /** Each message is said again once in a page's life, so that every test needs its own. */
  const sent = () => {
    const id = `h${number++}`;
    keepSent("t", { id, text: "Hello", checkpoint: "c" });
    return id;
  };

  it("is said again under its id where the thread does not have it, from where it was said", () => {
    const id = sent();
    const { say } = shown([]);
    expect(say).toHaveBeenCalledExactlyOnceWith("Hello", { id, checkpoint: "c" });
  });

  it("is said again under its id where the thread has it without an answer", () => {
    const id = sent();
    const { say } = shown([said(id)]);
    expect(say).toHaveBeenCalledExactlyOnceWith("Hello", { id, checkpoint: undefined });
  });

  it("is not said again where it was answered meanwhile", () => {
    const id = sent();
    const { say } = shown([said(id), reply]);
    expect(say).not.toHaveBeenCalled();
    expect(readSent("t")).toBeNull();
  });

  it("is said again once, and no more", () => {
    const id = sent();
    expect(shown([said(id)]).say).toHaveBeenCalledOnce();
    expect(shown([said(id)]).say).not.toHaveBeenCalled();
  });

  it.each([
    ["the server is away", {}, true],
    ["a run is under way", { busy: true }, false],
    ["the thread is being read", { thread: { loading: true, head: {} } }, false],
    ["nothing is known of the thread yet", { thread: { loading: false, head: null } }, false],
  ])("waits while %s", (_, more, away) => {
    sent();
    expect(shown([], more as unknown as Partial<Conversation>, away).say).not.toHaveBeenCalled();
  });

  it("is not said again by who said it just now", () => {
    const { say, view } = shown([]);
    sent();
    view.rerender({ gone: false });
    expect(say).not.toHaveBeenCalled();
  });

  it("is offered to be tried again", () => {
    expect(shown([said("x")]).view.result.current?.id).toBe("x");
    expect(shown([said("x"), reply]).view.result.current).toBeNull();
    expect(shown([said("x")], { busy: true }).view.result.current).toBeNull();
  });
});
