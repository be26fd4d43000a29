import { expect, test } from "vitest";
import { isWild } from "./wild";

test.each([
  ["nested emphasis", "**_".repeat(16_000)],
  ["quotes in quotes", `${">".repeat(5_000)} so`],
  ["a list 800 deep", Array.from({ length: 800 }, (_, depth) => `${"  ".repeat(depth)}- so`).join("\n")],
  ["open brackets", "[".repeat(20_000)],
])("%s is not read as markdown", (_, text) => {
  expect(isWild(text)).toBe(true);
});

test.each([
  ["a long reply", "Some **words** and a [link](https://example.org), `code` too.\n\n".repeat(800)],
  ["a table", `| a | b |\n|---|---|\n${"| `x` | **y** |\n".repeat(500)}`],
  ["code", `\`\`\`c\n${"    if (a[i] < b[j]) { *p = x_y; }\n".repeat(500)}\`\`\``],
  ["a rule", "-".repeat(80)],
])("%s is", (_, text) => {
  expect(isWild(text)).toBe(false);
});
