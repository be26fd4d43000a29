"""The configured reranker: the memory model behind one call, or the user's own function."""

import asyncio
import inspect
import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from agents.identity import HasRuntime, current_context
from agents.models import OFFLINE, chat_model, extract_structured
from agents.prompts import RERANKING
from config.dotted import own_part
from config.errors import UserError
from config.settings import Settings
from memory.lifecycle.recalling.rerank import Reranker, Reranking

LLM = "llm"
NOT_YET = "The reranker is still being opened, so the memories stand in the order in which they were found."


class Rating(BaseModel):
    """One memory that helps."""

    memory: int = Field(ge=1)
    score: float = Field(ge=0, le=10)


class Ratings(BaseModel):
    """The memories that help to answer the message."""

    ratings: list[Rating] = Field(default_factory=list)


async def open_reranking(runtime: HasRuntime, configured: Settings) -> tuple[Reranking | None, list[str]]:
    """The reranking that is configured, if any; a sentence when it cannot be used, or not yet."""
    name = configured.reranker
    if not name:
        return None, []
    try:
        if name == LLM:
            model = current_context(runtime).extraction_model or configured.memory_model
            reranker = await asyncio.to_thread(_memory_model, model, configured)
        else:
            async with asyncio.timeout(configured.rerank_timeout_s):
                reranker = await asyncio.shield(asyncio.wrap_future(_opening(name)))
    except TimeoutError:
        return None, [NOT_YET]
    except UserError as error:
        return None, [error.sentence]
    return Reranking(name, reranker, configured.rerank_timeout_s, configured.rerank_candidates), []


def _memory_model(model: str, configured: Settings) -> Reranker:
    if model == OFFLINE:
        raise UserError(
            "MNEMOGRAPH_RERANKER is 'llm', but the offline model cannot judge memories: "
            "set MNEMOGRAPH_EXTRACTION_MODEL or MNEMOGRAPH_MODEL to openai:<name>."
        )
    return by_model(chat_model(model, configured))


@lru_cache(maxsize=8)
def _opening(name: str) -> Future[Reranker]:
    """Begun once, off the event loop: importing reads files, and a model may take its time to load."""
    return _opener.submit(own_reranker, name)


_opener = ThreadPoolExecutor(1, thread_name_prefix="reranker")


def own_reranker(name: str) -> Reranker:
    """What `package.module:name` names: an async function, or a class whose instances are called like one.

    Raises UserError when it cannot be imported, or is not asynchronous.
    """
    made = own_part("MNEMOGRAPH_RERANKER", name, "an async function, or a class that takes no arguments")
    if not (callable(made) and any(map(inspect.iscoroutinefunction, (made, type(made).__call__)))):
        raise UserError(
            f"MNEMOGRAPH_RERANKER is {name!r}, which is not async: make it "
            "`async def rerank(query: str, candidates: Sequence[str]) -> Sequence[float]`."
        )
    reranker: Reranker = made
    return reranker


def by_model(model: BaseChatModel) -> Reranker:
    """All candidates in one call; those that the model leaves out score 0."""

    async def rerank(query: str, candidates: Sequence[str], /) -> list[float]:
        numbered = [{"memory": n, "text": text} for n, text in enumerate(candidates, start=1)]
        document = json.dumps({"message": query, "memories": numbered}, ensure_ascii=False)
        found = await extract_structured(
            model, Ratings, [SystemMessage(RERANKING), HumanMessage(document)], run="reranking"
        )
        return scores_of(found, len(candidates))

    return rerank


def scores_of(found: Ratings, count: int) -> list[float]:
    """One score a candidate. Raises ValueError on a rating of what was not among them."""
    scores = [0.0] * count
    for rating in found.ratings:
        if rating.memory > count:
            raise ValueError(f"The model rated memory {rating.memory} of {count}.")
        scores[rating.memory - 1] = max(scores[rating.memory - 1], rating.score)
    return scores
