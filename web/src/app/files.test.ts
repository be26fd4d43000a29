import { afterEach, expect, it, vi } from "vitest";
import { AGAIN_MS, brought, isAway, watchAway } from "./files";

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.replaceChildren();
});

/** As the build writes it; each test has a part of its own. */
function built(part: string, ...files: string[]): void {
  const meta = document.createElement("meta");
  meta.name = `part:${part}`;
  meta.content = files.join(" ");
  document.head.append(meta);
}

const AWAY = new TypeError("Failed to fetch");

it("imports a part at once where each module is served by itself", async () => {
  const fetch = vi.fn();
  vi.stubGlobal("fetch", fetch);
  expect(await brought("Plain", async () => "the room")).toBe("the room");
  expect(fetch).not.toHaveBeenCalled();
});

it("a part that did not come while the server was away comes by itself, and is imported only then", async () => {
  vi.useFakeTimers();
  built("Late", "./assets/Late.js", "./assets/Late.css");
  const fetch = vi.fn().mockRejectedValue(AWAY);
  vi.stubGlobal("fetch", fetch);
  const load = vi.fn(async () => "the room");
  const tell = vi.fn();
  const left = watchAway(tell);
  const opened = brought("Late", load);
  const preloaded = brought("Late", load);
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS);
  expect(isAway()).toBe(true);
  expect(load).not.toHaveBeenCalled();
  // A proxy before a server that starts.
  fetch.mockImplementation(async () => new Response("", { status: 503 }));
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(load).not.toHaveBeenCalled();
  fetch.mockImplementation(async () => new Response("a file"));
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(await opened).toBe("the room");
  expect(await preloaded).toBe("the room");
  expect(isAway()).toBe(false);
  expect(tell).toHaveBeenCalledTimes(2);
  left();
  const asked = fetch.mock.calls.length;
  expect(await brought("Late", load)).toBe("the room");
  expect(fetch).toHaveBeenCalledTimes(asked);
  expect(new Set(fetch.mock.calls.map(([url]) => new URL(url).pathname))).toEqual(
    new Set(["/assets/Late.js", "/assets/Late.css"]),
  );
});

it("a part that a newer build no longer has is refused, and asked for anew when it is opened again", async () => {
  built("Gone", "./assets/Gone.js");
  const fetch = vi.fn(async () => new Response("", { status: 404 }));
  vi.stubGlobal("fetch", fetch);
  const load = vi.fn(async () => "the room");
  await expect(brought("Gone", load)).rejects.toThrow("no longer has this part");
  expect(load).not.toHaveBeenCalled();
  expect(isAway()).toBe(false);
  fetch.mockImplementation(async () => new Response("a file"));
  expect(await brought("Gone", load)).toBe("the room");
});
