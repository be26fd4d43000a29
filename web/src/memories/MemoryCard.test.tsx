import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Memory } from "../api/memories";
import { MemoryCard } from "./MemoryCard";
import { pretend, sample } from "./sample";

afterEach(() => vi.unstubAllGlobals());

const lisbon = sample();
const at = `/mnemograph/memories/${lisbon.id}`;
const porto = sample({ id: "0f1e2d3c-0000-4000-8000-000000000002", text: "Lives in Porto" });
const old: Memory = {
  ...lisbon,
  status: "superseded",
  validity: { ...lisbon.validity, valid_to: "2026-06-01T10:00:00Z", superseded_by: porto.id },
};

function shown(memory: Memory, answers: Record<string, unknown> = {}, open = true) {
  const server = pretend({ [`GET ${at}`]: { memory, history: [memory], conversation: true }, ...answers });
  vi.stubGlobal("fetch", server.fetch);
  const onChange = vi.fn();
  const view = render(<MemoryCard memory={memory} onChange={onChange} open={open} />);
  return { ...server, onChange, view };
}

/** What was sent last. */
const sent = (asked: { route: string; body: unknown }[]) =>
  asked.filter((each) => each.route.startsWith("POST")).at(-1)?.body;

describe("what it shows", () => {
  test("closed: the words, the kind, who and when", () => {
    shown(lisbon, {}, false);
    expect(screen.getByText("Lives in Lisbon")).toBeTruthy();
    expect(screen.getByText("Fact")).toBeTruthy();
    expect(screen.getByText("You said")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Forget" })).toBeNull();
  });

  test("opened: the quote, and the way to the very message", async () => {
    shown(lisbon, {}, false);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(screen.getByText("I live in Lisbon.")).toBeTruthy();
    const link = await screen.findByRole("link", { name: "See it in the conversation" });
    expect(link.getAttribute("href")).toBe("#/c/t-1?message=m-1");
  });

  test("words of a conversation that is not here are told without a link to it", async () => {
    const ingested = sample({}, { speaker: "Caroline" });
    shown(ingested, { [`GET ${at}`]: { memory: ingested, history: [ingested], conversation: false } });
    expect(await screen.findByText(/its conversation is not on this server/)).toBeTruthy();
    expect(screen.getByText("Caroline said")).toBeTruthy();
    expect(screen.queryByRole("link", { name: "See it in the conversation" })).toBeNull();
  });

  test("what took its place stands in its history", async () => {
    shown(old, { [`GET ${at}`]: { memory: old, history: [old, porto] } });
    const history = await screen.findByRole("region", { name: "History" });
    expect(within(history).getByRole("link", { name: "Lives in Porto" }).getAttribute("href")).toBe(
      `#/memories/${porto.id}`,
    );
    expect(screen.getByText(/^True until/)).toBeTruthy();
  });

  test("what is written by hand has no conversation to look at", () => {
    shown(sample({}, { thread_id: "by-hand" }));
    expect(screen.queryByRole("link", { name: "See it in the conversation" })).toBeNull();
  });

  test("what persons did with it is told with when and why, and a reason is told once", () => {
    const looks = [
      { at: "2026-05-04T10:00:00Z", did: "retracted" as const, reason: "A joke." },
      { at: "2026-05-05T10:00:00Z", did: "restored" as const, reason: "" },
      { at: "2026-05-06T10:00:00Z", did: "retracted" as const, reason: "It was a joke." },
    ];
    shown(sample({ status: "retracted", reason: "It was a joke.", looks }));
    const told = within(screen.getByRole("region", { name: "What was done with it by hand" }));
    expect(told.getAllByRole("listitem").map((row) => row.textContent?.split(" ")[0])).toEqual([
      "Taken",
      "Brought",
      "Taken",
    ]);
    expect(told.getByText("A joke.")).toBeTruthy();
    expect(screen.getAllByText("It was a joke.")).toHaveLength(1);
  });

  test("what nobody looked at says nothing of it", () => {
    shown(lisbon);
    expect(screen.queryByRole("region", { name: "What was done with it by hand" })).toBeNull();
  });

  test("markup, images and links in a memory are text", async () => {
    const hostile =
      '<img src=x onerror="alert(1)"><script>alert(1)</script> [a](javascript:alert(1)) ![b](http://e/b.png)';
    const { view } = shown(
      sample(
        {
          text: hostile,
          reason: hostile,
          summary: hostile,
          looks: [{ at: "2026-05-04T10:00:00Z", did: "approved", reason: `${hostile}.` }],
        },
        { quote: hostile, speaker: hostile },
      ),
    );
    expect(view.container.querySelectorAll("img, script, iframe, object")).toHaveLength(0);
    await screen.findByRole("link", { name: "See it in the conversation" });
    expect([...view.container.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
      "#/c/t-1?message=m-1",
    ]);
    expect(screen.getAllByText(hostile).length).toBeGreaterThan(1);
  });
});

describe("what it does", () => {
  test.each(["Edit", "It is wrong", "Forget"])(
    "%s, and then Cancel, goes back to that button",
    async (deed) => {
      shown(lisbon);
      await userEvent.click(screen.getByRole("button", { name: deed }));
      await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
      expect(document.activeElement).toBe(screen.getByRole("button", { name: deed }));
    },
  );

  test("an edit says that it changed, unless it was wrong", async () => {
    const { asked, onChange } = shown(lisbon, { [`POST ${at}/edit`]: { memory: porto } });
    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    const field = screen.getByRole("textbox", { name: "What is so" });
    expect(document.activeElement).toBe(field);
    await userEvent.clear(field);
    await userEvent.type(field, "Lives in Porto");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(sent(asked)).toEqual({ text: "Lives in Porto", wrong: false });
    expect(onChange.mock.lastCall?.[0]).toEqual(porto);

    await userEvent.click(screen.getByRole("button", { name: "Edit" }));
    await userEvent.type(screen.getByRole("textbox"), ", by the sea");
    await userEvent.click(screen.getByRole("radio", { name: /It was wrong/ }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(sent(asked)).toEqual({ text: "Lives in Lisbon, by the sea", wrong: true });
  });

  test("it is taken back with a reason", async () => {
    const retracted = sample({ status: "retracted", reason: "A joke." });
    const { asked, onChange } = shown(lisbon, { [`POST ${at}/retract`]: { memory: retracted } });
    await userEvent.click(screen.getByRole("button", { name: "It is wrong" }));
    await userEvent.keyboard("A joke.{Enter}");
    expect(sent(asked)).toEqual({ reason: "A joke." });
    expect(onChange.mock.lastCall?.[0]).toEqual(retracted);
  });

  test("what was taken back by mistake is brought back; what an undone turn taught is not", async () => {
    const retracted = sample({ status: "retracted", reason: "A joke." });
    const { asked, onChange, view } = shown(retracted, { [`POST ${at}/restore`]: { memory: lisbon } });
    await userEvent.click(screen.getByRole("button", { name: "It is right after all" }));
    expect(sent(asked)).toEqual({});
    expect(onChange.mock.lastCall?.[0]).toEqual(lisbon);
    view.unmount();
    shown({ ...retracted, undone: { status: "active" } });
    expect(screen.queryByRole("button", { name: "It is right after all" })).toBeNull();
  });

  test("forgetting asks first, and says that it is for good", async () => {
    const { asked, onChange } = shown(lisbon, { [`POST ${at}/forget`]: { id: lisbon.id, forgotten: 1 } });
    await userEvent.click(screen.getByRole("button", { name: "Forget" }));
    const dialog = screen.getByRole("dialog", { name: "Forget this for good?" });
    expect(dialog.textContent).toContain("cannot be brought back");
    await userEvent.click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(asked.some((each) => each.route.startsWith("POST"))).toBe(false);

    await userEvent.click(screen.getByRole("button", { name: "Forget" }));
    await userEvent.click(screen.getByRole("button", { name: "Forget for good" }));
    expect(onChange.mock.lastCall?.[0]).toEqual(null);
  });

  test("a refusal is a sentence, and nothing changes", async () => {
    const refused = Response.json({ detail: "It was changed by somebody else meanwhile." }, { status: 422 });
    const { onChange } = shown(lisbon, { [`POST ${at}/pin`]: refused });
    await userEvent.click(screen.getByRole("button", { name: "Pin" }));
    expect((await screen.findByRole("alert")).textContent).toBe("It was changed by somebody else meanwhile.");
    expect(onChange).not.toHaveBeenCalled();
  });

  test("what is held back says why, and is approved", async () => {
    const held = sample({ status: "quarantined", reason: "It is an instruction in a document." });
    const { onChange } = shown(held, { [`POST ${at}/approve`]: { memory: lisbon } }, false);
    expect(screen.getByText("It is an instruction in a document.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(onChange.mock.lastCall).toEqual([lisbon, held]);
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  test("what waits is rejected with a reason", async () => {
    const held = sample({ status: "quarantined" });
    const { asked } = shown(held, { [`POST ${at}/reject`]: { memory: held } }, false);
    await userEvent.click(screen.getByRole("button", { name: "Reject …" }));
    await userEvent.keyboard("Not mine{Enter}");
    expect(sent(asked)).toEqual({ reason: "Not mine" });
  });
});
