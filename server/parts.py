"""What the server is made of and how each part does, in words for people. No address here holds a password."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from agents.models import OFFLINE
from config.settings import Settings
from config.timings import Timing, timings
from memory.embeddings.factory import split_name
from memory.postgres.errors import place_name
from memory.redis_place import redis_place

AWAY: Final = "It does not answer: the server's log says why."
HERE: Final = "this process alone; it is forgotten at its end"


@dataclass(frozen=True)
class Part:
    """`what` it is, whether it is `ok`, and one sentence of detail."""

    name: str
    what: str
    ok: bool
    detail: str


def parts(configured: Settings, ready: Mapping[str, bool], traces: str | None) -> list[dict[str, Any]]:
    """`ready` is what answered; `traces` the page of the tracing project, where one is known."""
    told = (
        _store(configured, ready.get("store", False)),
        _checkpointer(configured, ready.get("checkpointer", False)),
        _embedder(configured),
        _model(configured),
        _tracing(configured, traces),
    )
    return [asdict(part) for part in told]


def _store(configured: Settings, ok: bool) -> Part:
    if configured.store == "memory":
        return Part("Long-term memory", HERE, ok, "Set MNEMOGRAPH_STORE=postgres to keep it.")
    how = [
        "sealed" if configured.encryption_keys.get_secret_value() else "in clear",
        {"off": "no cache", "process": "cached in this process"}.get(
            configured.cache.get_secret_value(), "cached in Redis"
        ),
        *(
            ()
            if configured.write_batching == "off"
            else (f"writes in batches ({configured.write_batching})",)
        ),
    ]
    return Part(
        "Long-term memory", _postgres(configured), ok, f"{', '.join(how).capitalize()}." if ok else AWAY
    )


def _checkpointer(configured: Settings, ok: bool) -> Part:
    name, where = "Conversations", configured.checkpointer.get_secret_value()
    if where == "memory":
        return Part(name, HERE, ok, "Set MNEMOGRAPH_CHECKPOINTER=postgres to keep them.")
    what = (
        _postgres(configured)
        if where == "postgres"
        else f"Redis at {redis_place(where, 'MNEMOGRAPH_CHECKPOINTER')}"
    )
    sealed = "Sealed." if configured.encryption_keys.get_secret_value() else "In clear."
    return Part(name, what, ok, sealed if ok else AWAY)


def _postgres(configured: Settings) -> str:
    where = configured.postgres.get_secret_value()
    if where == "embedded":
        return "Postgres with pgvector, embedded"
    return f"Postgres with pgvector at {place_name(where)}"


def _embedder(configured: Settings) -> Part:
    provider, model = split_name(configured.embeddings)
    where = "on this machine" if provider == "local" else f"by {provider}"
    return _called("Embedding model", f"{model}, {where}", timings.of("embed"))


def _model(configured: Settings) -> Part:
    if configured.model == OFFLINE:
        detail = "Answers come from rules: set MNEMOGRAPH_MODEL to a model for a real conversation."
        return Part("Chat model", "offline", True, detail)
    return _called("Chat model", configured.model, timings.of("reply"))


def _called(name: str, what: str, timing: Timing) -> Part:
    """A part that is called now and then: it is as well as its newest call was."""
    if not timing.ended_at:
        return Part(name, what, True, "Not asked since the server started.")
    ago = since(time.time() - timing.ended_at)
    if timing.fault:
        return Part(name, what, False, f"The newest call, {ago}, failed ({timing.fault}).")
    return Part(name, what, True, f"The newest call, {ago}, went well.")


def _tracing(configured: Settings, traces: str | None) -> Part:
    if not configured.tracing:
        off = "Set LANGSMITH_TRACING=true and LANGSMITH_API_KEY to see every run in LangSmith."
        return Part("Tracing", "off", True, off)
    hidden = "Addresses and numbers are masked." if configured.trace_redaction else "Nothing is masked."
    where = "" if traces else " LangSmith does not tell where its page is."
    return Part("Tracing", f"LangSmith, project {configured.langsmith_project}", True, hidden + where)


def since(seconds: float) -> str:
    """A while in words."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now" if seconds < 10 else f"{int(seconds)} seconds ago"
