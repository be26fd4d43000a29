/** The conversations: a new one, a search, and all that there are. */

import type { Client } from "@langchain/langgraph-sdk";
import { type RefObject, useEffect, useRef, useState } from "react";
import { address } from "../app/route";
import { useStatus } from "../app/status";
import { Failure } from "../parts/Failure";
import { Icon } from "../parts/Icon";
import { IconButton } from "../parts/IconButton";
import { SidebarRow } from "./SidebarRow";
import { useArrows } from "./useArrows";
import { useFound } from "./useFound";
import type { Threads } from "./useThreads";
import { byDay } from "./when";

type Props = {
  client: Client;
  threads: Threads;
  current: string | null;
  search: RefObject<HTMLInputElement | null>;
  onNew(): void;
  /** A conversation was chosen: a drawer closes. */
  onChosen(): void;
  onClose(): void;
  onRemoved(id: string): void;
};

export function Sidebar({ client, threads, current, search, onNew, onChosen, onClose, onRemoved }: Props) {
  const { user_id } = useStatus();
  const [words, setWords] = useState("");
  const found = useFound(client, words);
  const list = useRef<HTMLDivElement>(null);
  useArrows(list, "a.link");
  const wanted = words.trim().toLowerCase();
  const rows = wanted ? threads.rows.filter((row) => row.title.toLowerCase().includes(wanted)) : threads.rows;
  const titles = new Map(threads.rows.map((row) => [row.id, row.title]));

  return (
    <>
      <div className="sidetop">
        <button className="button main" type="button" onClick={onNew}>
          <Icon name="plus" size={16} /> New conversation
        </button>
        <IconButton className="onlynarrow" icon="close" name="Close the conversations" onClick={onClose} />
      </div>
      <label className="find">
        <Icon name="search" size={16} />
        <input
          ref={search}
          type="search"
          aria-label="Search conversations"
          placeholder="Search"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && setWords("")}
        />
      </label>
      <div className="threads" ref={list}>
        {threads.others && (
          <p className="soft small whose">
            Only those of <bdi>{user_id}</bdi> are listed: others talk here, too.
          </p>
        )}
        {threads.failed && <Failure sentence={threads.failed} again={() => void threads.again()} />}
        {byDay(rows).map(([day, some]) => (
          <section key={day} aria-label={day}>
            <h3>{day}</h3>
            <ul>
              {some.map((row) => (
                <SidebarRow
                  key={row.id}
                  row={row}
                  current={row.id === current}
                  onChosen={onChosen}
                  onRename={(title) => threads.rename(row.id, title)}
                  onRemove={async () => {
                    await threads.remove(row.id);
                    onRemoved(row.id);
                  }}
                />
              ))}
            </ul>
          </section>
        ))}
        {wanted && found.length > 0 && (
          <section aria-label="Said in">
            <h3>Said in</h3>
            <ul>
              {found.map((each) => (
                <li key={each.thread} className="threadrow">
                  <a
                    className="link hit"
                    href={address("c", each.thread, { message: each.message })}
                    onClick={onChosen}
                  >
                    <span className="name">{titles.get(each.thread) ?? "A conversation"}</span>
                    <span className="soft small name">{each.text}</span>
                  </a>
                </li>
              ))}
            </ul>
          </section>
        )}
        {threads.loaded && rows.length === 0 && found.length === 0 && !threads.failed && (
          <p className="soft small none">{wanted ? "Nothing was found." : "Nothing was said yet."}</p>
        )}
        {threads.hasMore && <More onSeen={threads.more} />}
      </div>
    </>
  );
}

/** Asks for the next page as soon as the end of the list is near. */
function More({ onSeen }: { onSeen(): Promise<void> }) {
  const place = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const seen = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void onSeen();
      },
      { rootMargin: "200px" },
    );
    seen.observe(place.current);
    return () => seen.disconnect();
  }, [onSeen]);
  return (
    <button ref={place} className="button quiet small" type="button" onClick={() => void onSeen()}>
      Earlier conversations
    </button>
  );
}
