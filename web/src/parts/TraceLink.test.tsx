import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const answers: (() => Response)[] = [];
const told = (traces: string | null) => () => new Response(JSON.stringify({ traces }), { status: 200 });

beforeEach(() => {
  vi.resetModules();
  answers.length = 0;
  vi.stubGlobal("fetch", async () => answers.shift()?.());
});
afterEach(() => vi.unstubAllGlobals());

test("a run has a link where the server knows where its trace is", async () => {
  const { TraceLink } = await import("./TraceLink");
  answers.push(told("https://smith.example/o/1/projects/p/2"));
  render(<TraceLink run="r1" />);
  const link = await screen.findByRole("link");
  expect(link.getAttribute("href")).toBe("https://smith.example/o/1/projects/p/2/r/r1?poll=true");
  cleanup();
  render(<TraceLink run="r2" />);
  expect((await screen.findByRole("link")).getAttribute("href")).toContain("/r/r2");
});

test("without tracing, without a run, and for what is no web address there is none", async () => {
  for (const traces of [null, "javascript:alert(1)"]) {
    vi.resetModules();
    const { TraceLink } = await import("./TraceLink");
    answers.push(told(traces));
    render(<TraceLink run="r1" />);
    await vi.waitFor(() => expect(answers).toEqual([]));
    expect(screen.queryByRole("link")).toBeNull();
    cleanup();
  }
});

test("a server that was away is asked again", async () => {
  const { TraceLink } = await import("./TraceLink");
  answers.push(() => new Response("{}", { status: 503 }), told("https://smith.example/p"));
  render(<TraceLink run="r1" />);
  await vi.waitFor(() => expect(answers.length).toBe(1));
  await new Promise((resolve) => setTimeout(resolve));
  render(<TraceLink run="r1" />);
  expect(await screen.findByRole("link")).toBeTruthy();
});
