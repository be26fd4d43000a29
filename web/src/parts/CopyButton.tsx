/** Copies a text, and says that it did. */

import { useEffect, useState } from "react";
import { IconButton } from "./IconButton";

const SHOWN_MS = 1600;

export function CopyButton({ text, name }: { text: string; name: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser did not let the page copy this"),
    );
  };
  return (
    <>
      <IconButton icon={said === "Copied" ? "check" : "copy"} name={said || name} size={16} onClick={copy} />
      <span className="unseen" role="status">
        {said}
      </span>
    </>
  );
}
