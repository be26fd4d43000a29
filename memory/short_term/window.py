"""Which messages of a conversation a model is shown word by word, and which a summary stands for. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage

Count = Callable[[Sequence[AnyMessage]], int]
"""How many tokens messages take; those of two lists take as many as both together."""

HIGH: Final = 0.5
"""Above this part of the model's window, what is not yet summarised is due; the rest is the system prompt's."""
LOW: Final = 0.25
"""The newest turns up to this part of the window stay word by word."""


def turns_in(messages: Sequence[AnyMessage]) -> list[list[AnyMessage]]:
    """The messages in pieces that may be left out as wholes, each from a human message on.

    A call's results stay in its piece, also those that came after the next human message.
    """
    last_result = {m.tool_call_id: at for at, m in enumerate(messages) if isinstance(m, ToolMessage)}
    pieces: list[list[AnyMessage]] = []
    open_until = -1
    for at, message in enumerate(messages):
        if not pieces or (isinstance(message, HumanMessage) and at > open_until):
            pieces.append([])
        pieces[-1].append(message)
        if isinstance(message, AIMessage):
            ends = [last_result.get(str(call["id"]), -1) for call in message.tool_calls]
            open_until = max([open_until, *ends])
    return pieces


def after(messages: Sequence[AnyMessage], message_id: str | None) -> list[AnyMessage]:
    """The messages behind the one of that id; all of them where there is none."""
    ids = [message.id for message in messages]
    return list(messages[ids.index(message_id) + 1 :] if message_id and message_id in ids else messages)


def shown(
    messages: Sequence[AnyMessage], *, budget: int, count: Count, summarised_to: str | None = None
) -> list[AnyMessage]:
    """What the model sees: the newest turns that fit, whole, and what the summary does not cover.

    The turn at hand and system messages are always among them.
    """
    fixed = [message for message in messages if isinstance(message, SystemMessage)]
    rest = [m for m in after(messages, summarised_to) if not isinstance(m, SystemMessage)]
    if not any(isinstance(message, HumanMessage) for message in rest):
        rest = [message for message in messages if not isinstance(message, SystemMessage)]
    return [*fixed, *_newest(turns_in(rest), budget - count(fixed), count)]


def to_summarise(
    messages: Sequence[AnyMessage], *, window: int, count: Count, summarised_to: str | None = None
) -> list[AnyMessage]:
    """The oldest whole turns that the next summary is to take in; none while the rest is short enough.

    Args:
        messages: the conversation.
        window: the model's window, in tokens.
        count: counts tokens.
        summarised_to: the last message that a summary covers already.
    """
    fresh: list[AnyMessage] = [m for m in after(messages, summarised_to) if not isinstance(m, SystemMessage)]
    if count(fresh) <= HIGH * window:
        return []
    pieces = turns_in(fresh)
    staying = len(_newest(pieces, int(LOW * window), count))
    return fresh[: len(fresh) - staying]


def _newest(pieces: Sequence[Sequence[AnyMessage]], budget: int, count: Count) -> list[AnyMessage]:
    """The newest pieces that fit together; the newest in any case."""
    kept: list[Sequence[AnyMessage]] = []
    for piece in reversed(pieces):
        budget -= count(piece)
        if kept and budget < 0:
            break
        kept.append(piece)
    return [message for piece in reversed(kept) for message in piece]
