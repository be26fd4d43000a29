import { expect, it } from "vitest";
import { sample } from "../memories/sample";
import { asNow, idsIn } from "./asNow";
import type { Receipt } from "./state";

const item = (id: string, text: string, kind = "semantic") => ({ id, text, kind }) as never;

it("leaves out what is forgotten, and counts it", () => {
  const receipt: Receipt = {
    recalled: [item("a", "A"), item("b", "B")],
    learned: [item("c", "C"), item("d", "D", "episodic")],
    procedures: [item("e", "E")],
  };
  expect(idsIn(receipt)).toEqual(["a", "b", "c", "d", "e"]);
  const none = new Map([...idsIn(receipt)].map((id) => [id, null]));
  none.delete("b");
  const now = asNow(receipt, none);
  expect(now.recalled.map(({ id }) => id)).toEqual(["b"]);
  expect([now.learned, now.procedures]).toEqual([[], []]);
  expect(now.gone).toEqual({ recalled: 1, learned: 1, procedures: 1 });
});

it("leaves the words as they were shown where nothing of them went", () => {
  const kept = new Map([["a", sample({ id: "a", text: "Lives in Lisbon, near the river" })]]);
  expect(asNow({ recalled: [item("a", "Lives in Lisbon…")] }, kept).recalled[0]?.text).toBe(
    "Lives in Lisbon…",
  );
});

it("tells what an instruction rests on as it is now", () => {
  const said = { id: "p", text: "Be brief.", quote: "Be brief, as in Lisbon.", said_at: "", since: "" };
  const kept = new Map([["p", sample({ id: "p", text: "Be brief." }, { quote: "" })]]);
  expect(asNow({ procedures: [said] }, kept).procedures[0]?.quote).toBe("");
});

it("is empty for a turn that tells nothing", () => {
  expect(asNow({}, new Map()).gone).toEqual({ recalled: 0, learned: 0, procedures: 0 });
  expect(idsIn({})).toEqual([]);
});
