import { expect, it } from "vitest";
import { coloured, type Piece } from "./colours";

const textOf = (pieces: Piece[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : textOf(piece.pieces))).join("");

it.each([
  ["python", "def f(x):\n    return 'a' # b"],
  ["Python", "x = 1"],
  ["ts", "const a: string = `x`;"],
  ["html", '<b onclick="x()">hi</b><script>alert(1)</script>'],
  ["sh", 'echo "$HOME"'],
])("%s is coloured and says the same", (language, code) => {
  const pieces = coloured(code, language);
  expect(pieces.some((piece) => typeof piece !== "string" && piece.classes.includes("hljs-"))).toBe(true);
  expect(textOf(pieces)).toBe(code);
});

it("leaves alone what it does not know, and what is very long", () => {
  expect(coloured("x = 1", "")).toEqual(["x = 1"]);
  expect(coloured("x = 1", "martian")).toEqual(["x = 1"]);
  const long = "x = 1\n".repeat(4_000);
  expect(coloured(long, "python")).toEqual([long]);
});
