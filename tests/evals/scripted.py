"""A model that does what a case makes it do, and else what the offline model does; and a tool that reads a page.

A contract about what an extractor must not get away with needs one that tries.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import tool

from agents.offline import chat_model
from tests.evals.case import Claim

Claims = list[tuple[Claim, str]]
"""Each with the id of the memory that it is about, or nothing."""


@dataclass
class Script:
    """What the models of one turn do; each is taken once. Empty: what the offline model does."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reply: str = ""
    claims: Claims | None = None
    page: str = ""


script: ContextVar[Script | None] = ContextVar("script", default=None)


@tool
async def read_page(address: str) -> str:
    """Read a page of the web, or a document by its name. Gives its text.

    Args:
        address: Its address, or the document's name.
    """
    told = script.get()
    return told.page if told and told.page else f"There is no page at {address[:100]}."


@contextmanager
def scripted_model() -> Iterator[None]:
    """While it is open, the offline model follows the script of the turn first."""
    offline = chat_model._reply

    def reply(
        messages: list[BaseMessage], stop: list[str] | None, model: str, options: dict[str, Any]
    ) -> AIMessage:
        told = script.get() or Script()
        if options.get(chat_model._EXTRACTING) == "extraction" and told.claims is not None:
            return AIMessage(_claimed(messages, told.claims))
        if not options.get(chat_model._EXTRACTING) and told.calls:
            calls, told.calls = told.calls, []
            return AIMessage(
                "", tool_calls=[{"name": n, "args": a, "id": f"call_{uuid4().hex}"} for n, a in calls]
            )
        if not options.get(chat_model._EXTRACTING) and told.reply:
            return AIMessage(told.reply)
        return offline(messages, stop, model, options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat_model, "_reply", reply)
        yield


def _claimed(messages: Sequence[BaseMessage], claims: Claims) -> str:
    """The claims as an extraction, resting on the message of the role that each names."""
    asked = next(str(message.text) for message in reversed(messages) if isinstance(message, HumanMessage))
    document, _ = json.JSONDecoder().raw_decode(asked[asked.index("{") :])
    said = {row["role"]: row for row in reversed(document["messages"])}
    facts, procedures = [], []
    for claim, of in claims:
        row = said.get(claim.source, {"id": "no-such-message", "text": claim.statement or claim.instruction})
        rests = {"quote": row["text"] if claim.quote is None else claim.quote, "message_id": row["id"]}
        if claim.instruction:
            procedures.append({"instruction": claim.instruction, "of": of, **rests})
        else:
            named = claim.model_dump(
                include={"statement", "category", "importance", "subject", "since", "change"}
            )
            facts.append({**named, "of": of, **rests})
    return json.dumps({"summary": "", "facts": facts, "procedures": procedures})
