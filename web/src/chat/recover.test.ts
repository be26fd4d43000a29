import type { Client } from "@langchain/langgraph-sdk";
import { beforeEach, expect, it, vi } from "vitest";
import { recover } from "./recover";
import { keepSent } from "./sent";

beforeEach(() => sessionStorage.clear());

function client(runs: { run_id: string; status: string }[]) {
  const create = vi.fn(async () => ({}));
  const list = vi.fn(async () => runs);
  return { create, list, asked: { threads: { create }, runs: { list } } as unknown as Client };
}

it("names the run that goes on, so that it is joined again", async () => {
  const { asked } = client([
    { run_id: "old", status: "success" },
    { run_id: "new", status: "running" },
  ]);
  await recover(asked, "t");
  expect(sessionStorage.getItem("lg:stream:t")).toBe("new");
});

it("forgets a run that is no more", async () => {
  sessionStorage.setItem("lg:stream:t", "lost");
  await recover(client([]).asked, "t");
  expect(sessionStorage.getItem("lg:stream:t")).toBeNull();
});

it("names a thread to a server that lost its list, where something was said in it", async () => {
  const { asked, create } = client([]);
  await recover(asked, "t");
  expect(create).not.toHaveBeenCalled();
  keepSent("t", { id: "h", text: "Hello" });
  await recover(asked, "t");
  expect(create).toHaveBeenCalledWith({ threadId: "t", ifExists: "do_nothing" });
});

it("asks for nothing where nothing was said yet", async () => {
  const { asked, list } = client([]);
  await recover(asked, null);
  expect(list).not.toHaveBeenCalled();
});
