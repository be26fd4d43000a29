/** Every room's styles stay loaded once they came: a class that one of them styles alone is nobody else's. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOMS = ["chat", "memories", "timeline", "health"];
const SHARED = ["app", "parts"];

function selectorsOf(folder: string): string[] {
  const from = join("src", folder);
  const sheets = readdirSync(from).filter((name) => name.endsWith(".css"));
  const text = sheets.map((name) => readFileSync(join(from, name), "utf8")).join("\n");
  return [...text.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{}]+)\{/g)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((selector) => selector.trim());
}

const classesIn = (selectors: string[]) =>
  new Set(
    selectors.flatMap((selector) => [...selector.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name)),
  );

/** Classes that begin a selector with no other class beside them. */
const aloneIn = (selectors: string[]) =>
  new Set(selectors.flatMap((selector) => /^\.([\w-]+)(?![\w.-])/.exec(selector)?.[1] ?? []));

test("no room's styles reach into another room", () => {
  const shared = classesIn(SHARED.flatMap(selectorsOf));
  const leaks = ROOMS.flatMap((room) =>
    [...aloneIn(selectorsOf(room))].flatMap((name) =>
      ROOMS.filter((other) => other !== room && !shared.has(name))
        .filter((other) => classesIn(selectorsOf(other)).has(name))
        .map((other) => `.${name} of ${room} in ${other}`),
    ),
  );
  expect(leaks).toEqual([]);
});
