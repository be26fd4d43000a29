/** A reply as it is formatted. HTML in it stays text, images are not loaded, links open apart and only to the web. */

import { memo } from "react";
import Reading, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { Scrolls } from "../parts/Scrolls";
import { CodeBlock } from "./CodeBlock";
import { imageWords, inert } from "./inert";
import { safeLink } from "./links";

const PLUGINS = [remarkGfm, inert];

const COMPONENTS: Components = {
  a: ({ href, children }) => {
    const to = safeLink(href);
    if (!to) return <span title={href ? `Not opened: ${href}` : undefined}>{children}</span>;
    return (
      <a href={to} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  // What the plugin left, as of a reference: it may stand in a link.
  img: ({ src, alt }) => <span>{imageWords(typeof src === "string" ? src : "", alt ?? "")}</span>,
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  table: ({ children }) => (
    <Scrolls name="Table">
      <table>{children}</table>
    </Scrolls>
  ),
};

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown" dir="auto">
      {/* Every address goes through `safeLink`; what it refuses is still shown. */}
      <Reading remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={(address) => address}>
        {text}
      </Reading>
    </div>
  );
});
