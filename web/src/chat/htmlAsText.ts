/** A remark plugin: HTML in a text is text that is shown, and never elements. */

type Node = { type: string; value?: string; children?: Node[] };

export function htmlAsText() {
  return (tree: Node): void => visit(tree);
}

function visit(node: Node): void {
  for (const child of node.children ?? []) {
    if (child.type === "html") child.type = "text";
    visit(child);
  }
}
