"""What is done on a schedule: old checkpoints and threads go by the settings' policy. A LangGraph cron can run it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - the schema for Studio needs them

from agents.context import ChatContext
from agents.identity import current_user
from config.settings import Settings, settings
from memory.short_term.factory import serving_checkpointer
from memory.short_term.pruned import Pruned, prune
from memory.short_term.retention import Policy
from memory.short_term.threads import OWNER


class MaintenanceState(TypedDict):
    """What is asked, and what was done."""

    dry_run: NotRequired[bool]
    """Only tell what would go."""
    pruned: NotRequired[dict[str, int]]
    """Threads and checkpoints that went, and their bytes."""


def policy_of(configured: Settings) -> Policy:
    """The settings' policy; 0 keeps everything."""
    days = configured.keep_checkpoints_days
    threads = configured.keep_threads_days
    return Policy(
        keep_last=configured.keep_checkpoints or None,
        keep_for=timedelta(days=days) if days else None,
        threads_for=timedelta(days=threads) if threads else None,
    )


async def maintain(configured: Settings, *, dry_run: bool, owner: str | None = None) -> Pruned:
    """Prune by the settings; with `owner` only that signed-in user's threads."""
    whose = {OWNER: owner} if owner else None
    async with serving_checkpointer(configured) as saver:
        return await prune(
            saver, policy_of(configured), datetime.now(UTC), run_metadata=whose, dry_run=dry_run
        )


async def prune_threads(state: MaintenanceState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Where people sign in, a caller prunes and hears of their own threads alone."""
    configured = settings()
    owner = current_user(runtime, configured) if configured.auth == "keys" else None
    return {"pruned": asdict(await maintain(configured, dry_run=bool(state.get("dry_run")), owner=owner))}


def build() -> StateGraph[MaintenanceState, ChatContext, Any, Any]:
    builder = StateGraph(MaintenanceState, context_schema=ChatContext)
    builder.add_node("prune_threads", prune_threads)
    builder.add_edge(START, "prune_threads")
    builder.add_edge("prune_threads", END)
    return builder


graph = build().compile(name="maintenance")
