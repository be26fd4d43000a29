"""LangSmith tracing: one client for the whole process, whoever makes the tracer."""

import atexit
import logging
import os
import secrets
from dataclasses import dataclass
from typing import Any

import langsmith
from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.langchain import LangChainTracer
from langsmith.run_trees import RunTree
from langsmith.utils import get_env_var
from pydantic import SecretStr

from config.settings import Settings
from config.tracing_client import TracingClient, WarnSeldom, keyed_hash

log = logging.getLogger(__name__)

EXIT_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class TracingSettings:
    """What tracing needs; off without a key, unless an own endpoint is given that wants none.

    `hash_key` keys the users' hashes; without one they differ from process to process.
    """

    enabled: bool = False
    api_key: SecretStr | None = None
    endpoint: str | None = None
    project: str | None = None
    redact: bool = True
    hash_key: SecretStr | None = None


@dataclass
class _Installed:
    settings: TracingSettings | None = None
    client: TracingClient | None = None
    hash_key: bytes = b""


_installed = _Installed(hash_key=secrets.token_bytes(32))
_warnings = WarnSeldom()


def tracing_settings(configured: Settings) -> TracingSettings:
    """The part of the product's settings that tracing needs."""
    return TracingSettings(
        enabled=configured.tracing,
        api_key=configured.langsmith_api_key,
        endpoint=configured.langsmith_endpoint,
        project=configured.langsmith_project,
        redact=configured.trace_redaction,
        hash_key=configured.trace_hash_key,
    )


def install_tracing(configured: Settings | TracingSettings) -> TracingClient | None:
    """Makes our client the one that every tracer of this process takes; None when tracing is off.

    Idempotent. `langgraph dev` makes its own tracers: they ask langsmith for the process's client.
    """
    settings = configured if isinstance(configured, TracingSettings) else tracing_settings(configured)
    if settings == _installed.settings:
        return _installed.client
    uninstall_tracing()
    _installed.settings = settings
    if settings.hash_key is not None:
        _installed.hash_key = settings.hash_key.get_secret_value().encode()
    if not settings.enabled or (settings.api_key is None and settings.endpoint is None):
        langsmith.configure(enabled=False, client=None)
        return None
    # Read once by the client: threads that do not hold up exit, and no pool whose threads would.
    os.environ.update(LANGSMITH_USE_DAEMON="true", LANGSMITH_DISABLE_RUN_COMPRESSION="true")
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # its overloads hide the lru_cache
    logging.getLogger("langsmith.client").addFilter(_warnings)
    _installed.client = TracingClient(
        redacting=settings.redact,
        hash_user=hash_user,
        api_url=settings.endpoint,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
    )
    langsmith.configure(client=_installed.client, enabled=True, project_name=settings.project)
    atexit.register(flush, EXIT_TIMEOUT_S)
    return _installed.client


def uninstall_tracing() -> None:
    """Back to langsmith's own defaults; what is still queued is dropped."""
    client, _installed.client, _installed.settings = _installed.client, None, None
    langsmith.configure(client=None, enabled=None, project_name=None)
    atexit.unregister(flush)
    if client is not None:
        client.close(timeout=0)


def flush(timeout_s: float = EXIT_TIMEOUT_S) -> bool:
    """Waits at most `timeout_s` for the queued traces; whether they all arrived (True if not tracing)."""
    return _installed.client is None or _installed.client.flush_within(timeout_s)


def project_page() -> str | None:
    """The address of the project's page, as the trace collector tells it; None when not tracing, or it tells none.

    Blocks for some seconds at most. The page of a run is at `/r/<run id>` below it.
    """
    client, settings = _installed.client, _installed.settings
    if client is None or settings is None:
        return None
    try:
        page = client.read_project(project_name=settings.project).url
    except Exception as error:  # noqa: BLE001 - a collector of any make and state: a link less
        log.info("the trace collector names no page of the project: %s", type(error).__name__)
        return None
    return page if page and page.startswith(("https://", "http://")) else None


def hash_user(user: str) -> str:
    """What stands for a user in a trace: 24 hexadecimal digits, keyed with this installation's key."""
    return keyed_hash(_installed.hash_key, user)


def annotate_run(config: RunnableConfig, **metadata: Any) -> None:
    """Adds metadata to the root run of the trace that this config belongs to; nothing when not tracing.

    The tracer posts a run's metadata again when the run ends, so it may be called from within any node.
    """
    callbacks = config.get("callbacks")
    if not isinstance(callbacks, BaseCallbackManager):
        return
    for handler in callbacks.handlers:
        if isinstance(handler, LangChainTracer):
            root = _root(handler, str(callbacks.parent_run_id))
            if root is not None:
                # A new mapping: runs of one trace share the metadata that they inherited.
                root.extra = {**(root.extra or {}), "metadata": {**root.metadata, **metadata}}


def _root(tracer: LangChainTracer, run_id: str) -> RunTree | None:
    run = tracer.run_map.get(run_id)
    while run is not None and run.parent_run_id is not None:
        parent = tracer.run_map.get(str(run.parent_run_id))
        if parent is None:
            return run
        run = parent
    return run
