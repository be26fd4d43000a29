"""The comparison with a real model, against a server that answers by the offline model's rules: it shows the way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import convert_to_messages

from agents.offline import chat_model
from tests.evals.case import load
from tests.evals.compare import compare, comparison
from tests.evals.running import chosen
from tests.services.openai_server import API_KEY, OpenAIServer, Reply

SAMPLE = ("update:moved-to-porto", "leak:u1-is-not-u10", "abstention:nothing-was", "leak:search-does")


def by_rules(body: dict[str, Any]) -> Reply:
    """What the offline model says to an OpenAI request."""
    extracting = body.get("response_format") is not None
    options: dict[str, Any] = {"tools": body.get("tools") or []}
    if extracting:
        options = {chat_model._EXTRACTING: "extraction"}
    said = chat_model._reply(convert_to_messages(body["messages"]), None, "offline", options)
    calls = tuple((call["name"], json.dumps(call["args"])) for call in said.tool_calls)
    return Reply(text=str(said.text), tool_calls=calls)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    served = OpenAIServer(model=by_rules)
    yield served
    served.stop()


async def test_the_same_cases_run_against_a_real_model(server: OpenAIServer) -> None:
    cases = chosen(load(), SAMPLE)
    reach = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": API_KEY}
    offline, real = await compare(cases, "openai:rules", reach)
    assert [each.faults for each in offline] == [[]] * len(SAMPLE)
    assert [each.faults for each in real] == [[]] * len(SAMPLE)
    assert server.chats and not server.refusals
    assert [each.case.id for each in real if each.skipped] == ["search-does-not-cross"]
    table = comparison(offline, real, "openai:rules")
    assert [list(column.cells) for column in table.columns][2:4] == [
        ["1/1", "2/2", "1/1", "4/4"],
        ["1/1", "1/1", "1/1", "3/3"],
    ]
