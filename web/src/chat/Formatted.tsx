/** A reply's markdown. What renders it is no part of the first view: until it is here, the words stand as they are. */

import { Component, type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { brought } from "../app/files";
import { isWild } from "./wild";

// Asked for at once, beside whatever the page asks first, so that it is there before the first reply is.
const loaded: Promise<ComponentType<Props>> = brought("Markdown", () => import("./Markdown")).then(
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

/** What is nested too deeply to be drawn stays as it is said, and the rest of the conversation with it. */
class Unformatted extends Component<{ instead: ReactNode; children: ReactNode }, { broke: boolean }> {
  override state = { broke: false };

  static getDerivedStateFromError() {
    return { broke: true };
  }

  override render() {
    return this.state.broke ? this.props.instead : this.props.children;
  }
}

export function Formatted({ text }: Props) {
  if (isWild(text)) return <Plain text={text} />;
  return (
    <Unformatted instead={<Plain text={text} />}>
      <Suspense fallback={<Plain text={text} />}>
        <Markdown text={text} />
      </Suspense>
    </Unformatted>
  );
}
