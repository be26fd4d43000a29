/** A remark plugin: HTML in a text is text that is shown, and an image is a link to where it would come from. */

type Node = { type: string; value?: string; url?: string; alt?: string | null; children?: Node[] };

export function inert() {
  return (tree: Node): void => visit(tree, false);
}

function visit(node: Node, inLink: boolean): void {
  for (const child of node.children ?? []) {
    if (child.type === "html") child.type = "text";
    if (child.type === "image") named(child, inLink);
    visit(child, inLink || child.type === "link" || child.type === "linkReference");
  }
}

/** A link stands in no other. */
function named(image: Node, inLink: boolean): void {
  const value = imageWords(image.url ?? "", image.alt ?? "");
  if (inLink) Object.assign(image, { type: "text", value });
  else Object.assign(image, { type: "link", children: [{ type: "text", value }] });
}

export function imageWords(address: string, alt: string): string {
  return `image: ${alt ? `${alt}, ` : ""}${address || "no address"}`;
}
