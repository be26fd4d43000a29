import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";
import { UNREACHABLE } from "../api/http";
import { Confirm } from "./Confirm";
import { Failure } from "./Failure";
import { LoadMore } from "./LoadMore";
import { day, exact, inWords } from "./time";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("times in words", () => {
  const now = new Date("2026-05-03T14:00:00");
  const ago = (ms: number) => inWords(new Date(now.getTime() - ms).toISOString(), now, "en-GB");

  test("what is near is told from now, what is far by its day", () => {
    expect(ago(20_000)).toBe("just now");
    expect(ago(60_000)).toBe("a minute ago");
    expect(ago(59 * 60_000)).toBe("59 minutes ago");
    expect(ago(2 * 3_600_000)).toBe("today, 12:00");
    expect(ago(20 * 3_600_000)).toBe("yesterday, 18:00");
    expect(ago(72 * 3_600_000)).toBe("30 April");
    expect(day("2023-05-03T12:00:00", now, "en-GB")).toBe("3 May 2023");
  });

  test("what is to come is no time ago", () => {
    expect(ago(-60_000)).toBe("today, 14:01");
  });

  test("what is no time is said to be none", () => {
    expect(inWords("<b>", now)).toBe("at an unknown time");
    expect(day("", now)).toBe("at an unknown time");
    expect(exact("nonsense")).toBe("");
  });
});

describe("failures", () => {
  test("a server that is away is asked again by itself", () => {
    vi.useFakeTimers();
    const again = vi.fn();
    const { unmount } = render(<Failure sentence={UNREACHABLE} again={again} />);
    act(() => void vi.advanceTimersByTime(10_000));
    expect(again.mock.calls.length).toBeGreaterThan(1);
    const before = again.mock.calls.length;
    unmount();
    vi.advanceTimersByTime(10_000);
    expect(again.mock.calls.length).toBe(before);
  });

  test("a refusal is asked again by a person alone", () => {
    vi.useFakeTimers();
    const again = vi.fn();
    render(<Failure sentence="No." again={again} />);
    act(() => void vi.advanceTimersByTime(10_000));
    expect(again).not.toHaveBeenCalled();
    screen.getByRole("button", { name: "Try again" }).click();
    expect(again).toHaveBeenCalledOnce();
  });
});

test("a question is answered no by Escape, and yes only when it is ready", async () => {
  const [onYes, onNo] = [vi.fn(), vi.fn()];
  const asked = (ready: boolean) => (
    <Confirm title="Sure?" verb="Do it" onYes={onYes} onNo={onNo} ready={ready}>
      <p>Really.</p>
    </Confirm>
  );
  const { rerender } = render(asked(false));
  await userEvent.click(screen.getByRole("button", { name: "Do it" }));
  expect(onYes).not.toHaveBeenCalled();
  rerender(asked(true));
  await userEvent.click(screen.getByRole("button", { name: "Do it" }));
  expect(onYes).toHaveBeenCalledOnce();
  screen.getByRole("dialog").dispatchEvent(new Event("cancel"));
  expect(onNo).toHaveBeenCalledOnce();
});

test("a list goes on when its end comes into sight, and not while it is read", () => {
  let seen: (entries: { isIntersecting: boolean }[]) => void = () => {};
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(tell: typeof seen) {
        seen = tell;
      }
      observe() {}
      disconnect() {
        seen = () => {};
      }
    },
  );
  const onMore = vi.fn();
  const { rerender } = render(<LoadMore busy={false} onMore={onMore} />);
  seen([{ isIntersecting: false }]);
  expect(onMore).not.toHaveBeenCalled();
  seen([{ isIntersecting: true }]);
  expect(onMore).toHaveBeenCalledOnce();
  rerender(<LoadMore busy onMore={onMore} />);
  seen([{ isIntersecting: true }]);
  expect(onMore).toHaveBeenCalledOnce();
});
