/**
 * What a build tells of itself: in built.json a digest of its sources, by which a test tells that it is of these, and in
 * index.html the files of each part that comes behind the first view (src/app/files.ts).
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";

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

/** A chunk, the chunks that it imports, and the styles of all of them. */
function filesOf(bundle: Rolldown.OutputBundle, name: string, seen = new Set<string>()): Set<string> {
  const chunk = bundle[name];
  if (seen.has(name) || chunk?.type !== "chunk") return seen;
  seen.add(name);
  for (const each of chunk.imports) filesOf(bundle, each, seen);
  for (const each of chunk.viteMetadata?.importedCss ?? []) seen.add(each);
  return seen;
}

function partsOf(bundle: Rolldown.OutputBundle): HtmlTagDescriptor[] {
  const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
  const first = new Set(
    chunks.filter((each) => each.isEntry).flatMap((each) => [...filesOf(bundle, each.fileName)]),
  );
  const behind = new Set(chunks.flatMap((each) => each.dynamicImports));
  return chunks
    .filter((each) => behind.has(each.fileName) && !first.has(each.fileName))
    .map((each) => {
      const files = [...filesOf(bundle, each.fileName)].filter((name) => !first.has(name));
      const content = files.map((name) => `./${name}`).join(" ");
      return { tag: "meta", attrs: { name: `part:${each.name}`, content }, injectTo: "head" };
    });
}

export function built(): Plugin {
  let root = "";
  return {
    name: "built",
    apply: "build",
    configResolved: (config) => {
      root = config.root;
    },
    transformIndexHtml: { order: "post", handler: (_, { bundle }) => (bundle ? partsOf(bundle) : []) },
    generateBundle() {
      const source = `${JSON.stringify({ sources: digestOf(root) })}\n`;
      this.emitFile({ type: "asset", fileName: "built.json", source });
    },
  };
}
