/** What answered a turn: texts, tools, and what of memory stands behind it. */

import { CopyButton } from "../parts/CopyButton";
import { Icon } from "../parts/Icon";
import { IconButton } from "../parts/IconButton";
import type { Versions } from "./branches";
import { Formatted } from "./Formatted";
import { markOf, withoutNotice } from "./state";
import { ToolCard } from "./ToolCard";
import type { Part, Turn } from "./turns";
import { replyText } from "./turns";
import { VersionSwitch } from "./VersionSwitch";

type Props = {
  turn: Turn;
  streaming: boolean;
  versions: Versions | undefined;
  /** What of memory stands behind the reply, in short. */
  memory: string;
  chosen: boolean;
  onChoose(): void;
  onShow(head: string): void;
  /** Where another reply can be asked for. */
  onRetry?: () => void;
};

export function Reply({ turn, streaming, versions, memory, chosen, onChoose, onShow, onRetry }: Props) {
  const text = replyText(turn);
  return (
    <div className="reply">
      {turn.parts.map((part) => (
        <ReplyPart key={part.message.id} part={part} />
      ))}
      {streaming && !text && (
        <p className="thinking soft">
          <span className="dots" /> Thinking
        </p>
      )}
      {!streaming && turn.parts.length > 0 && (
        <div className="tools">
          {versions && <VersionSwitch versions={versions} onShow={onShow} />}
          <CopyButton text={text} name="Copy the reply" />
          {onRetry && <IconButton icon="retry" name="Another reply" size={16} onClick={onRetry} />}
          <button
            className="button quiet small recalls"
            type="button"
            aria-pressed={chosen}
            onClick={onChoose}
          >
            <Icon name="memory" size={15} />
            {memory || "Memory"}
          </button>
        </div>
      )}
    </div>
  );
}

function ReplyPart({ part }: { part: Part }) {
  const { text, notice } = withoutNotice(part.message);
  const { error: failed, stopped } = markOf(part.message);
  return (
    <div className="part" data-message={part.message.id}>
      {failed ? <p className="alert">{text}</p> : text && <Formatted text={text} />}
      {stopped && <p className="soft small aside">You stopped it here.</p>}
      {notice && <p className="soft small aside">{notice}</p>}
      {part.calls.map((call) => (
        <ToolCard key={call.id} call={call} />
      ))}
    </div>
  );
}
