import { renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useReturn } from "./useReturn";

afterEach(() => vi.restoreAllMocks());

it("looks again when the tab is come back to, and not when it is left", () => {
  const first = vi.fn();
  const newest = vi.fn();
  const state = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  const { rerender, unmount } = renderHook(({ look }) => useReturn(look), { initialProps: { look: first } });
  rerender({ look: newest });
  document.dispatchEvent(new Event("visibilitychange"));
  expect(newest).not.toHaveBeenCalled();
  state.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(newest).toHaveBeenCalledOnce();
  unmount();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(newest).toHaveBeenCalledOnce();
  expect(first).not.toHaveBeenCalled();
});
