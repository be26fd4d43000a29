"""What the server says of itself to a caller: whose memories these are, what answers, how its parts do."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict

from agents.models import OFFLINE
from config.settings import Settings, settings
from config.timings import timings
from config.tracing import project_page
from graphs.extraction import GRAPH as EXTRACTION
from graphs.extraction import derived, secrets_of
from graphs.forgetting import places_of
from memory.lifecycle.leaving.inventory import SHARED, inventory
from memory.lifecycle.reading.browsing import Wanted, browse
from memory.lifecycle.sharing.rooms import pending_everywhere
from server.as_caller import as_caller
from server.asked import answered, asked_by, query_of, store_for, user_of
from server.extraction import refused_of
from server.parts import parts
from server.readiness import Readiness

router = APIRouter(prefix="/mnemograph/status")

MOST: Final = 100_000
AGAIN_S: Final = 60.0
"""After how long the collector is asked once more where its page is."""


class Asked(BaseModel):
    """`sizes`: also how much there is of the caller, for which all of it is read."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    sizes: bool = False


def about(user_id: str, configured: Settings) -> dict[str, Any]:
    """What a page has to know before it shows anything."""
    return {
        "user_id": user_id,
        "auth": configured.auth,
        "model": configured.model,
        "offline": configured.model == OFFLINE,
        "procedures": configured.procedures,
        "remember": configured.remember,
    }


@router.get("")
async def status(request: Request) -> Response:
    """For whoever has a key, or for everybody where none is asked for."""

    async def work() -> Response:
        return JSONResponse(about(user_of(request), settings()))

    return await answered(work)


@router.get("/parts")
async def status_of_parts(request: Request) -> Response:
    """Each part and how it does, what is measured, what waits, and if asked for how much there is of the caller."""

    async def work() -> Response:
        asked, user_id, configured = query_of(request, Asked), user_of(request), settings()
        ready, traces = await asyncio.gather(_ready()(), _traces.page(configured))
        told = {
            **about(user_id, configured),
            "version": _version(),
            "parts": parts(configured, ready, traces),
            "latencies": timings.summaries(),
            "traces": traces,
        }
        if all(ready.values()):
            chat, _ = asked_by(request)
            store, _ = store_for(request)
            told["queue"] = await _queue(request, store, user_id)
            if asked.sizes:
                found = await inventory(places_of(chat, user_id), user_id)
                told["sizes"] = {
                    "memories": await _memories(store, user_id),
                    "threads": len(
                        conversations(found.threads.own, user_id, secrets_of(user_id, configured))
                    ),
                    "shared_threads": found.counts[SHARED],
                }
        return JSONResponse(told)

    return await answered(work)


@lru_cache(maxsize=1)
def _ready() -> Readiness:
    return Readiness(settings())


def conversations(threads: Collection[str], user_id: str, secrets: Sequence[str] = ()) -> set[str]:
    """Of these threads those in which somebody talked: without the ones that extraction runs on."""
    ours = {derived(thread_id, user_id, secret) for thread_id in threads for secret in ("", *secrets)}
    return set(threads) - ours


@dataclass
class _Traces:
    """The page of the tracing project: asked of the collector once, and seldom again while it tells none."""

    _page: str | None = None
    _asked_at: float = -AGAIN_S
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def page(self, configured: Settings) -> str | None:
        if not configured.tracing:
            return None
        async with self._asking:
            if self._page is None and time.monotonic() - self._asked_at >= AGAIN_S:
                self._asked_at = time.monotonic()
                self._page = await asyncio.to_thread(project_page)
        return self._page


_traces = _Traces()


async def _queue(request: Request, store: BaseStore, user_id: str) -> dict[str, Any]:
    """The caller's turns whose facts are still to come, and conversations whose extraction works or has failed."""
    waiting = [each for _, each in await pending_everywhere(store, user_id)]
    async with as_caller(request.app, request.headers) as server:
        counts = {
            name: await server.post(
                "/threads/count", json={"metadata": {"graph_id": EXTRACTION}, "status": state}
            )
            for name, state in (("running", "busy"), ("failed", "error"))
        }
    told = {name: answer.json() if answer.is_success else None for name, answer in counts.items()}
    if told["failed"] is not None:
        told["failed"] += refused_of(user_id)
    return {
        "waiting": len(waiting),
        "since": min((each.since.isoformat() for each in waiting), default=None),
        **told,
    }


async def _memories(store: BaseStore, user_id: str) -> dict[str, dict[str, int]]:
    """How many there are, by kind and status."""
    counts: dict[str, Counter[str]] = {}
    for memory in (await browse(store, user_id, Wanted(), limit=MOST)).memories:
        counts.setdefault(memory.kind.value, Counter())[memory.status.value] += 1
    return {kind: dict(by_status) for kind, by_status in counts.items()}


def _version() -> str:
    try:
        return version("mnemograph")
    except PackageNotFoundError:
        return "unknown"
