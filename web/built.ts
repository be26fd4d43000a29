/** Writes built.json beside the built page: a digest of its sources, by which a test tells that it is of these. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** What the page is built of; tests/unit/test_built_page.py counts the same. */
const SOURCES = [
  "built.ts",
  "index.html",
  "package-lock.json",
  "public",
  "src",
  "tsconfig.json",
  "vite.config.ts",
];
const NOT_BUILT = /\.test\.tsx?$|^src\/testing\.ts$|(^|\/)\./;

function filesAt(root: string, name: string): string[] {
  if (!statSync(join(root, name)).isDirectory()) return [name];
  return readdirSync(join(root, name)).flatMap((each) => filesAt(root, `${name}/${each}`));
}

export function digestOf(root: string): string {
  const names = SOURCES.flatMap((name) => filesAt(root, name)).filter((name) => !NOT_BUILT.test(name));
  const digest = createHash("sha256");
  for (const name of names.sort()) {
    digest.update(
      `${name}\0${createHash("sha256")
        .update(readFileSync(join(root, name)))
        .digest("hex")}\n`,
    );
  }
  return digest.digest("hex");
}

export function built(): Plugin {
  let root = "";
  return {
    name: "built",
    apply: "build",
    configResolved: (config) => {
      root = config.root;
    },
    generateBundle() {
      const source = `${JSON.stringify({ sources: digestOf(root) })}\n`;
      this.emitFile({ type: "asset", fileName: "built.json", source });
    },
  };
}
