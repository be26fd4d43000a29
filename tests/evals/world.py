"""One database, one store and one compiled graph for all cases."""

import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import BaseMessage
from langgraph.constants import TAG_NOSTREAM
from langgraph.store.base import BaseStore

import agents.tools
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer
from tests.evals.clock import OURS, movable_clock
from tests.evals.scripted import read_page, scripted_model

OFFLINE = "offline"


@dataclass(eq=False)
class Seen(AsyncCallbackHandler):
    """What the models of one turn were sent."""

    prompts: list[str] = field(default_factory=list)
    extractions: list[str] = field(default_factory=list)

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **kwargs: Any
    ) -> None:
        text = "\n\n".join(str(message.text) for message in messages[0])
        if TAG_NOSTREAM in (kwargs.get("tags") or []):
            self.extractions.append(text)
        else:
            self.prompts.append(str(messages[0][0].text))


@dataclass(frozen=True)
class World:
    """Where cases are played."""

    chat: Chat
    store: BaseStore
    model: str = OFFLINE

    @property
    def offline(self) -> bool:
        return self.model == OFFLINE


@contextmanager
def settings_of(database: str, model: str = OFFLINE, reach: Mapping[str, str] = {}) -> Iterator[None]:
    """The test profile on this database, whatever .env says; `reach` is how a real model is reached."""
    given = {"MNEMOGRAPH_PROFILE": "test", "MNEMOGRAPH_ENV_FILE": "/nonexistent/.env", **reach}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("MNEMOGRAPH_", "OPENAI_"))]:
            patch.delenv(name)
        for name, value in {**given, "MNEMOGRAPH_POSTGRES": database, "MNEMOGRAPH_MODEL": model}.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


def reach_of(configured: Settings) -> dict[str, str]:
    """What of these settings a real model needs, as the environment has it."""
    patience = max(configured.model_timeout_s, configured.remember_timeout_s)
    found = {
        "OPENAI_API_KEY": configured.openai_api_key and configured.openai_api_key.get_secret_value(),
        "OPENAI_BASE_URL": configured.openai_base_url,
        "MNEMOGRAPH_TEMPERATURE": configured.temperature,
        "MNEMOGRAPH_MODEL_TIMEOUT_S": configured.model_timeout_s,
        "MNEMOGRAPH_REMEMBER_TIMEOUT_S": patience,
    }
    return {name: str(value) for name, value in found.items() if value is not None}


@contextmanager
def changed(more: Mapping[str, str]) -> Iterator[None]:
    """These settings for one case."""
    if not more:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name, value in more.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


@contextmanager
def _one_tool_more() -> Iterator[None]:
    """The agent can read a page, wherever its tools are named."""
    usual = agents.tools.TOOLS
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in OURS and getattr(module, "TOOLS", None) is usual:
                patch.setattr(module, "TOOLS", (*usual, read_page))
        yield


@asynccontextmanager
async def open_world(
    database: str, model: str = OFFLINE, reach: Mapping[str, str] = {}
) -> AsyncIterator[World]:
    """The real graph on the real store and checkpointer, with this model."""
    with settings_of(database, model, reach), movable_clock(), scripted_model(), _one_tool_more():
        configured = settings()
        async with open_store(configured) as store, open_checkpointer(configured) as saver:
            yield World(compile_chat(saver, store), store, model)
