"""What of a conversation the model is shown, once something said in it was forgotten. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from agents.conversation import last_human
from memory.lifecycle.learning.build import FORGOTTEN
from memory.lifecycle.recalling.unsaid import Unsaid
from memory.short_term.window import turns_in

GONE: Final = f"({FORGOTTEN})"
"""Stands for a message whose words were forgotten."""


def said_before(messages: Sequence[AnyMessage]) -> dict[str, str]:
    """Of earlier turns what was said by anybody but tools: text by id, in order."""
    human = last_human(messages)
    earlier = messages[: messages.index(human)] if human else []
    told = (m for m in earlier if isinstance(m, HumanMessage | AIMessage) and str(m.text).strip())
    return {str(message.id): str(message.text) for message in told}


def without_forgotten(messages: Sequence[AnyMessage], unsaid: Sequence[Unsaid]) -> list[AnyMessage]:
    """The messages with a placeholder for each forgotten one; of its turn no tool's words are left either.

    The turn at hand stays whole.
    """
    gone = {row["message_id"] for row in unsaid if not row["words"]}
    if not gone:
        return list(messages)
    *earlier, newest = turns_in(messages)
    shown = [each for turn in earlier for each in (_emptied(turn, gone) if _any(turn, gone) else turn)]
    return [*shown, *newest]


def _any(turn: Sequence[AnyMessage], gone: set[str]) -> bool:
    return any(str(message.id) in gone for message in turn)


def _emptied(turn: Sequence[AnyMessage], gone: set[str]) -> list[AnyMessage]:
    human = [m for m in turn if isinstance(m, HumanMessage)]
    shown: list[AnyMessage] = [HumanMessage(GONE, id=m.id) if str(m.id) in gone else m for m in human]
    return [*shown, AIMessage(GONE, id=turn[-1].id)] if len(human) < len(turn) else shown


def shown_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the model sees of words that do not hold any more."""
    return {"said": row["words"], "status": "outdated" if row["until"] else "wrong"}
