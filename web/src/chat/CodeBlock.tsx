/** A block of code with what it is written in, and a button that copies it. */

import { type ComponentType, isValidElement, lazy, type ReactNode, Suspense } from "react";
import { brought } from "../app/files";
import { CopyButton } from "../parts/CopyButton";
import { Scrolls } from "../parts/Scrolls";

// Where the colours do not come, the code stands as it is.
const Coloured = lazy<ComponentType<{ code: string; language: string }>>(() =>
  brought("Coloured", () => import("./Coloured")).then(
    ({ Coloured }) => ({ default: Coloured }),
    () => ({ default: ({ code }) => code }),
  ),
);

export function CodeBlock({ children }: { children?: ReactNode }) {
  const { language, code } = readCode(children);
  return (
    <figure className="code">
      <figcaption>
        <span>{language || "text"}</span>
        <CopyButton text={code} name="Copy the code" />
      </figcaption>
      <Scrolls name={`Code, ${language || "text"}`}>
        <pre>
          <code>
            <Suspense fallback={code}>
              {language ? <Coloured code={code} language={language} /> : code}
            </Suspense>
          </code>
        </pre>
      </Scrolls>
    </figure>
  );
}

function readCode(children: ReactNode): { language: string; code: string } {
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) {
    return { language: "", code: String(children ?? "") };
  }
  const language = /language-(\S+)/.exec(children.props.className ?? "")?.[1] ?? "";
  return { language, code: String(children.props.children ?? "").replace(/\n$/, "") };
}
