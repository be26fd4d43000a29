"""What the memory model is asked when a group of episodes is summed up, and what of its answer is believed."""

import json

import pytest
from pydantic import SecretStr

from agents.consolidation import summariser
from agents.models import ModelUnavailable
from config.settings import Settings, load_settings
from tests.services.openai_server import API_KEY, OpenAIServer
from tests.unit.memory_parts import told

RUNS = [told(f"I went for a run in the park, {n} kilometres.", n) for n in range(4, 8)]


@pytest.fixture
def configured(openai_server: OpenAIServer) -> Settings:
    return load_settings(
        profile="test",
        model="openai:echo",
        openai_base_url=openai_server.base_url,
        openai_api_key=SecretStr(API_KEY),
        model_max_retries=0,
    )


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("The user runs in the park, 4 to 7 kilometres.", "The user runs in the park, 4 to 7 kilometres."),
        ("The user runs with Ines.", ""),
        ("", ""),
    ],
)
async def test_one_call_a_group_and_nothing_that_the_episodes_do_not_bear_out(
    openai_server: OpenAIServer, configured: Settings, said: str, kept: str
) -> None:
    summarise = summariser("openai:echo", configured)
    assert summarise is not None
    openai_server.structured({"statement": said})
    assert await summarise(RUNS) == kept
    (asked,) = openai_server.chats
    document = json.loads(asked["messages"][-1]["content"])
    assert [row["text"] for row in document["episodes"]] == [each.detail for each in RUNS]


async def test_a_model_that_is_down_is_no_summary(openai_server: OpenAIServer, configured: Settings) -> None:
    summarise = summariser("openai:echo", configured)
    assert summarise is not None
    openai_server.fail(500)
    with pytest.raises(ModelUnavailable):
        await summarise(RUNS)


def test_the_offline_model_sums_up_nothing(configured: Settings) -> None:
    assert summariser("offline", configured) is None
