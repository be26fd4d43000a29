"""What is accepted as a message. Pure, so that a terminal can ask before it sends."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage

from agents.conversation import mark, marked
from memory.text import shorten

SHOWN_CHARS = 200
_NOTHING = str.maketrans("", "", "\x00\N{REPLACEMENT CHARACTER}")


def refusal(content: Any, max_chars: int) -> str | None:
    """One sentence that says why this content is refused; None when it is fine.

    Args:
        content: A message's content: text, or LangChain's content blocks.
        max_chars: The longest text that is accepted.
    """
    blocks = content if isinstance(content, list) else [content]
    texts = [
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in blocks
        if _is_text(block)
    ]
    others = [block for block in blocks if not _is_text(block)]
    length = sum(len(text) for text in texts)
    if length > max_chars:
        return (
            f"Your message has {length:,} characters and the limit is {max_chars:,} "
            "(MNEMOGRAPH_MAX_MESSAGE_CHARS): send it in parts."
        )
    if not others and not any(text.translate(_NOTHING).strip() for text in texts):
        return "Your message is empty: write something and send it again."
    return None


def _is_text(block: Any) -> bool:
    return isinstance(block, str) or (isinstance(block, dict) and block.get("type") == "text")


def refused(messages: Sequence[AnyMessage], max_chars: int) -> list[HumanMessage]:
    """The messages of people that cannot be taken, and have not been refused before."""
    human = [m for m in messages if isinstance(m, HumanMessage) and not mark(m).get("refused")]
    return [message for message in human if refusal(message.content, max_chars)]


def stand_in(human: HumanMessage) -> HumanMessage:
    """What stays of a refused message, under its own id."""
    shown = shorten(str(human.text)[: 10 * SHOWN_CHARS], SHOWN_CHARS) or "(an empty message)"
    return marked(human.model_copy(update={"content": shown}), refused=True)


def refusal_reply(human: HumanMessage, max_chars: int) -> AIMessage:
    """The reply that says why."""
    return marked(AIMessage(refusal(human.content, max_chars) or ""), refused=True)


def is_left_out(message: BaseMessage) -> bool:
    """Whether the model should not see this message: a refused one, or a report of a failure."""
    marks = mark(message)
    return bool(marks.get("refused") or marks.get("error"))
