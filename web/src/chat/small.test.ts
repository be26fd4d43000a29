import { beforeEach, describe, expect, it } from "vitest";
import { Failed } from "../api/http";
import { titleOf, UNTITLED } from "../api/threads";
import { keepDraft, readDraft } from "./drafts";
import { isUnreachable, sentenceOf } from "./errors";
import { foundIn } from "./found";
import { safeLink } from "./links";
import { actionsIn, edited, questionsIn } from "./review";
import { keepSent, readSent } from "./sent";
import { readable, toolWords } from "./toolWords";
import { byDay } from "./when";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("titleOf", () => {
  it("takes the name, else what was said first, else says that it is new", () => {
    expect(titleOf("Named", "Said")).toBe("Named");
    expect(titleOf(" ", "Said\n first")).toBe("Said first");
    expect(titleOf(undefined, [{ type: "text" }])).toBe(UNTITLED);
  });

  it("is of one line that fits", () => {
    expect(titleOf(null, "x".repeat(500))).toHaveLength(80);
  });
});

describe("drafts", () => {
  it("are kept for each conversation by itself, and gone once they are empty", () => {
    keepDraft("one", "half");
    expect(readDraft("one")).toBe("half");
    expect(readDraft("two")).toBe("");
    keepDraft("one", "  ");
    expect(localStorage).toHaveLength(0);
  });
});

describe("what was sent", () => {
  it("is read back, and is nothing where something else was kept", () => {
    keepSent("t", { id: "h", text: "Hello" });
    expect(readSent("t")).toEqual({ id: "h", text: "Hello" });
    sessionStorage.setItem("mnemograph.sent.t", "{");
    expect(readSent("t")).toBeNull();
    sessionStorage.setItem("mnemograph.sent.t", "[1]");
    expect(readSent("t")).toBeNull();
  });
});

describe("safeLink", () => {
  it.each(["https://example.org/a", "http://example.org/", "mailto:a@example.org"])("opens %s", (to) => {
    expect(safeLink(to)).toBe(to);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/1",
    "//example.org",
    "/threads",
    "#/memories",
    "",
    undefined,
  ])("does not open %s", (to) => {
    expect(safeLink(to)).toBeNull();
  });
});

describe("a question of the run", () => {
  const value = {
    action_requests: [
      { name: "keep_procedure", args: { instruction: "Answer briefly." }, description: "Shall I?" },
    ],
    review_configs: [{ action_name: "keep_procedure", allowed_decisions: ["approve", "reject"] }],
  };

  it("is read with what may be answered", () => {
    expect(actionsIn(value)).toEqual([
      {
        name: "keep_procedure",
        args: { instruction: "Answer briefly." },
        description: "Shall I?",
        allowed: ["approve", "reject"],
      },
    ]);
  });

  it.each([undefined, null, "x", 1, [], {}, { action_requests: "no" }])("is none in %j", (given) => {
    expect(actionsIn(given)).toEqual([]);
  });

  it("is answered with the edited text in the place of the argument", () => {
    const [action] = actionsIn(value);
    expect(action && edited(action, { instruction: " Answer in full. " })).toEqual({
      type: "edit",
      edited_action: { name: "keep_procedure", args: { instruction: "Answer in full." } },
    });
  });

  const booking = { seats: 2, name: "Ana", window: true, extras: ["tea"], note: null };
  const book = { name: "book", args: booking, description: "", allowed: [] };

  it.each([
    [{ seats: "3" }, { seats: 3 }],
    [
      { seats: "2.5", name: "" },
      { seats: 2.5, name: "" },
    ],
    [{ window: "false" }, { window: false }],
    [{ extras: '["tea", "cake"]' }, { extras: ["tea", "cake"] }],
    [{ note: "by post" }, { note: "by post" }],
  ])("keeps the sort of an argument that is typed over: %j", (typed, changed) => {
    expect(edited(book, typed)).toEqual({
      type: "edit",
      edited_action: { name: "book", args: { ...booking, ...changed } },
    });
  });

  it.each<Record<string, string>>([
    { seats: "many" },
    { seats: "" },
    { seats: "true" },
    { extras: "tea" },
    { extras: "{}" },
  ])("does not take %j", (typed) => {
    expect(edited(book, typed)).toBeNull();
  });

  it("is one for each interrupt, by its id, and none at a breakpoint", () => {
    const asked = [{ id: "a", value }, { id: "b", value: "Which colour?" }, { when: "breakpoint" }];
    const found = questionsIn([...asked, { id: "a", value }]);
    expect(found.map(({ id, actions }) => [id, actions.length])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
  });
});

describe("sentenceOf", () => {
  const http = (status: number, detail: unknown) =>
    Object.assign(new Error(`HTTP ${status}`), { status, text: JSON.stringify({ detail }) });

  it("says what the server said", () => {
    expect(sentenceOf(http(409, "A turn is under way."))).toBe("A turn is under way.");
    expect(sentenceOf(new Failed("Not yours.", 403))).toBe("Not yours.");
  });

  it("tells a server that is away from one that refuses", () => {
    expect(isUnreachable(new TypeError("Failed to fetch"))).toBe(true);
    expect(isUnreachable(new Failed("x", 0))).toBe(true);
    expect(isUnreachable(http(500, "x"))).toBe(false);
    expect(isUnreachable(null)).toBe(false);
  });

  it("says something also of what says nothing", () => {
    expect(sentenceOf(undefined)).toBe("The reply broke off.");
    expect(sentenceOf(http(500, [1]))).toBe("The server answered 500 and did not say why.");
  });
});

describe("foundIn", () => {
  const hit = (text: string, thread: string) => ({ text, thread_id: thread, message_ids: [`${thread}-1`] });

  it("gives one hit a conversation, and those with the word where there are any", () => {
    const hits = [hit("[2026-05-03] User: A boat.", "a"), hit("My boat too.", "a"), hit("A car.", "b")];
    expect(foundIn(hits, "boat")).toEqual([{ thread: "a", message: "a-1", text: "A boat." }]);
  });

  it("gives the nearest where no word matches", () => {
    expect(foundIn([hit("A car.", "b")], "vehicle")).toHaveLength(1);
  });

  it("leads to no conversation for a memory that was written by hand", () => {
    expect(
      foundIn([hit("My boat.", "by-hand"), hit("A boat.", "a")], "boat").map((each) => each.thread),
    ).toEqual(["a"]);
  });
});

it("says what a tool does in words, also of one that it does not know", () => {
  expect(toolWords("now", true)).toBe("Looked at the clock");
  expect(toolWords("web_search", false)).toBe("Using web search");
  expect(readable({ a: 1 })).toBe('{\n  "a": 1\n}');
});

it("groups conversations by day, in their order", () => {
  const now = new Date(2026, 4, 20, 12);
  const row = (id: string, day: number) => ({
    id,
    title: id,
    status: "idle" as const,
    updated: new Date(2026, 4, day, 9).toISOString(),
  });
  const groups = byDay([row("a", 20), row("b", 20), row("c", 19), row("d", 15), row("e", 1)], now);
  expect(groups.map(([name, rows]) => [name, rows.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["Last 7 days", 1],
    ["Last 30 days", 1],
  ]);
});
