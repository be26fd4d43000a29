"""Chat models by one string: `offline`, `openai:NAME`, or any `provider:NAME` that LangChain knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, overload

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableBinding
from langchain_core.tools import BaseTool
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from agents.model_errors import ModelUnavailable, as_unavailable, explain_model_error, is_model_error
from agents.model_messages import ask, has_broken_calls, is_cut_short, repair, usable
from agents.offline.chat_model import OfflineChatModel
from agents.structured_output import MalformedOutput, extract_structured
from config.errors import UserError
from config.settings import Settings

__all__ = [
    "OFFLINE",
    "BoundModel",
    "MalformedOutput",
    "ModelSettings",
    "ModelUnavailable",
    "as_unavailable",
    "ask",
    "bind_tools_once",
    "build_chat_model",
    "chat_model",
    "explain_model_error",
    "extract_structured",
    "has_broken_calls",
    "is_cut_short",
    "is_model_error",
    "model_settings",
    "repair",
    "split_model_name",
    "usable",
    "without_calls",
]

OFFLINE = "offline"
LEGAL_FORMS = "'offline', 'openai:<model name>' or '<provider>:<model name>'"

# Local servers take any key, but the client sends none without one.
_PLACEHOLDER_KEY = SecretStr("no-key-needed")
_PROVIDER = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

BoundModel = Runnable[LanguageModelInput, AIMessage]


@dataclass(frozen=True)
class ModelSettings:
    """How to reach a model; `max_retries` counts the attempts after the first, each up to `timeout_s`."""

    api_key: SecretStr | None = None
    base_url: str | None = None
    timeout_s: float = 60.0
    max_retries: int = 3
    temperature: float | None = None


def model_settings(configured: Settings) -> ModelSettings:
    """The part of the product's settings that a model needs."""
    return ModelSettings(
        api_key=configured.openai_api_key,
        base_url=configured.openai_base_url,
        timeout_s=configured.model_timeout_s,
        max_retries=configured.model_max_retries,
        temperature=configured.temperature,
    )


@overload
def chat_model(name: str, configured: Settings) -> BaseChatModel: ...
@overload
def chat_model(name: str, configured: Settings, tools: Sequence[BaseTool]) -> BoundModel: ...
def chat_model(name: str, configured: Settings, tools: Sequence[BaseTool] = ()) -> BoundModel:
    """The model of that name with these tools bound; both are made once. Raises UserError."""
    model = build_chat_model(name, settings=model_settings(configured))
    return bind_tools_once(model, tools) if tools else model


@lru_cache(maxsize=32)
def build_chat_model(name: str, *, settings: ModelSettings) -> BaseChatModel:
    """The model of that name, built once for these settings.

    Raises UserError for a name of no legal form, a missing key or a missing integration package.
    """
    provider, model = split_model_name(name)
    if provider == OFFLINE:
        return OfflineChatModel()
    if provider == "openai":
        return _openai(name, model, settings)
    return _other(name, provider, model, settings)


def split_model_name(name: str) -> tuple[str, str]:
    """("openai", "gpt-x") for "openai:gpt-x"; ("offline", "") for "offline"; else UserError."""
    provider, colon, model = name.strip().partition(":")
    if name.strip() == OFFLINE:
        return OFFLINE, ""
    if not colon or not model.strip() or not _PROVIDER.fullmatch(provider) or provider == OFFLINE:
        raise UserError(f"MNEMOGRAPH_MODEL is {name[:80]!r}, which is not a model: use {LEGAL_FORMS}.")
    return provider, model.strip()


def bind_tools_once(model: BaseChatModel, tools: Sequence[BaseTool]) -> BoundModel:
    """`model.bind_tools(tools)`, made once for this model and these very tools: it takes 5 to 14 ms."""
    key = (id(model), *map(id, tools))
    found = _bound.get(key)
    if found is None:
        while len(_bound) >= _MAX_BOUND:
            _bound.pop(next(iter(_bound)))
        # The parts are kept along, since an id is only theirs while they live.
        found = _bound[key] = (model.bind_tools(list(tools)) if tools else model, (model, tuple(tools)))
    return found[0]


def without_calls(model: BoundModel) -> BoundModel:
    """The model told to call none of its tools, where its API knows how; others are told by the prompt alone.

    The tools stay: some providers refuse a history of tool calls without them.
    """
    inner = model.bound if isinstance(model, RunnableBinding) else model
    knows = isinstance(inner, BaseChatOpenAI | OfflineChatModel) and inner is not model
    return model.bind(tool_choice="none") if knows else model


_MAX_BOUND = 32
_bound: dict[tuple[int, ...], tuple[BoundModel, Any]] = {}


def _openai(name: str, model: str, settings: ModelSettings) -> BaseChatModel:
    if settings.api_key is None and settings.base_url is None:
        raise UserError(
            f"MNEMOGRAPH_MODEL is {name!r} but no OPENAI_API_KEY is set: set it, or set OPENAI_BASE_URL to a "
            "local server (vLLM, Ollama, llama.cpp), or use MNEMOGRAPH_MODEL=offline."
        )
    options: dict[str, Any] = {
        "api_key": settings.api_key or _PLACEHOLDER_KEY,
        "timeout": settings.timeout_s,
        "max_retries": settings.max_retries,
        "stream_usage": True,
        # A stream that falls silent is given up as soon as a call that never answers.
        "stream_chunk_timeout": settings.timeout_s,
    }
    if settings.base_url is not None:
        options["base_url"] = settings.base_url
        options["use_responses_api"] = False
    if settings.temperature is not None:
        options["temperature"] = settings.temperature
    built: BaseChatModel = init_chat_model(model, model_provider="openai", **options)
    return built


def _other(name: str, provider: str, model: str, settings: ModelSettings) -> BaseChatModel:
    options: dict[str, Any] = {"timeout": settings.timeout_s, "max_retries": settings.max_retries}
    if settings.temperature is not None:
        options["temperature"] = settings.temperature
    try:
        built: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except ImportError as error:
        package = re.search(r"pip install (?:-U )?([\w-]+)", str(error))
        missing = package[1] if package else f"langchain-{provider}"
        raise UserError(
            f"MNEMOGRAPH_MODEL is {name!r}, which needs the package {missing}: install it."
        ) from error
    except ValueError as error:
        if "Unsupported provider" in str(error):
            raise UserError(
                f"MNEMOGRAPH_MODEL is {name!r}, but {provider!r} is no provider that LangChain knows: "
                f"use {LEGAL_FORMS}."
            ) from error
        raise UserError(
            f"MNEMOGRAPH_MODEL is {name!r}, but {provider} does not take these settings: "
            "check that its own key is set in the environment."
        ) from error
    return built
