"""A running summary of what a conversation is too long to show: when it is due, and one model call that makes it."""

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_core.messages.utils import count_tokens_approximately
from pydantic import BaseModel, ConfigDict, Field

from agents.admission import is_left_out
from agents.models import chat_model, extract_structured
from agents.prompts import SUMMARISING
from agents.state import Running, summarised_to
from config.settings import Settings
from memory.short_term.window import to_summarise, turns_in
from memory.text import clean, shorten

MAX_DOCUMENT_CHARS = 40_000
MAX_MESSAGE_CHARS = 4_000
MAX_SUMMARY_CHARS = 4_000


class Summary(BaseModel):
    """What a conversation has been about so far."""

    model_config = ConfigDict(extra="forbid")

    summary: str = Field(min_length=1)
    """The whole of it, in at most 300 words."""


def due(messages: Sequence[AnyMessage], summary: Running | None, window: int) -> list[AnyMessage]:
    """The messages that the next summary takes in, as many as one call reads; none while everything is short."""
    visible = [message for message in messages if not is_left_out(message)]
    wanted = to_summarise(
        visible, window=window, count=count_tokens_approximately, summarised_to=summarised_to(summary)
    )
    taken: list[AnyMessage] = []
    size = 0
    for turn in turns_in(wanted):
        size += sum(min(len(str(message.text)), MAX_MESSAGE_CHARS) for message in turn)
        if taken and size > MAX_DOCUMENT_CHARS:
            break
        taken += turn
    return taken


async def summarise(
    messages: Sequence[AnyMessage], before: Running | None, name: str, configured: Settings
) -> Running:
    """The next running summary, by the model of that name; messages must not be empty.

    Raises MalformedOutput, ModelUnavailable or UserError when the model gives none.
    """
    document = json.dumps(
        {"so_far": before["text"] if before else "", "messages": [_row(message) for message in messages]},
        ensure_ascii=False,
    )
    asked = [SystemMessage(SUMMARISING), HumanMessage(document)]
    made = await extract_structured(chat_model(name, configured), Summary, asked, run="summary")
    return Running(
        text=shorten_lines(clean(made.summary)),
        to=str(messages[-1].id),
        by=name,
        messages=(before["messages"] if before else 0) + len(messages),
    )


def shorten_lines(text: str) -> str:
    """At most `MAX_SUMMARY_CHARS`: a model that writes too much loses the end of it."""
    return text if len(text) <= MAX_SUMMARY_CHARS else shorten(text, MAX_SUMMARY_CHARS)


def _row(message: AnyMessage) -> dict[str, Any]:
    text = str(message.text)[:MAX_MESSAGE_CHARS]
    calls = [call["name"] for call in getattr(message, "tool_calls", [])]
    role = {"human": "user", "ai": "assistant"}.get(message.type, message.type)
    return {"role": role, "text": text, **({"called": calls} if calls else {})}
