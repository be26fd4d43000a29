/** A reply's markdown. What renders it is no part of the first view: until it is here, the words stand as they are. */

import { type ComponentType, lazy, Suspense } from "react";

// Asked for at once, beside whatever the page asks first, so that it is there before the first reply is.
const loaded: Promise<ComponentType<Props>> = import("./Markdown").then(
  ({ Markdown }) => Markdown,
  () => Plain,
);
const Markdown = lazy(async () => ({ default: await loaded }));

type Props = { text: string };

function Plain({ text }: Props) {
  return (
    <div className="markdown" dir="auto" style={{ whiteSpace: "pre-wrap" }}>
      {text}
    </div>
  );
}

export function Formatted({ text }: Props) {
  return (
    <Suspense fallback={<Plain text={text} />}>
      <Markdown text={text} />
    </Suspense>
  );
}
