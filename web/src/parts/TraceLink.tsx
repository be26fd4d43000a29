/** The way to a run's trace, where runs are traced and the server knows where: else nothing. */

import { useEffect, useState } from "react";
import { readParts } from "../api/status";

const READ: { page: Promise<string> | null } = { page: null };

/** Read once a page; a server that cannot tell it now is asked again by the next link. */
function traces(): Promise<string> {
  READ.page ??= readParts(false).then(
    (parts) => parts.traces ?? "",
    () => {
      READ.page = null;
      return "";
    },
  );
  return READ.page;
}

export function TraceLink({ run }: { run: string }) {
  const [page, setPage] = useState("");
  useEffect(() => {
    let here = true;
    void traces().then((found) => here && setPage(found));
    return () => {
      here = false;
    };
  }, []);
  // The address comes from the server's collector: only a web address becomes a link.
  if (!run || !/^https?:\/\//.test(page)) return null;
  return (
    <a
      href={`${page}/r/${encodeURIComponent(run)}?poll=true`}
      target="_blank"
      rel="noopener noreferrer nofollow"
    >
      Trace of this run in LangSmith
    </a>
  );
}
