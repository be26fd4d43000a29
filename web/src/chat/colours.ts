/** Code in pieces, each with what it is to be coloured as. Pure; heavy, so that it comes with the first code alone. */

import { common, createLowlight } from "lowlight";

export type Piece = string | { classes: string; pieces: Piece[] };

/** What is longer would be gone through again with every word that comes. */
const MAX_CHARS = 20_000;
const known = createLowlight(common);

/** One plain piece where the language is none of those that are known. */
export function coloured(code: string, language: string): Piece[] {
  const name = language.toLowerCase();
  if (code.length > MAX_CHARS || !known.registered(name)) return [code];
  return piecesOf(known.highlight(name, code).children as Node[]);
}

type Node = {
  type: string;
  value?: string;
  properties?: { className?: string[] };
  children?: Node[];
};

function piecesOf(nodes: Node[]): Piece[] {
  return nodes.map((node) =>
    node.type === "text"
      ? (node.value ?? "")
      : { classes: (node.properties?.className ?? []).join(" "), pieces: piecesOf(node.children ?? []) },
  );
}
