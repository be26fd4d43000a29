"""What is done on a schedule: old checkpoints and threads go, memories become fewer. A LangGraph cron can run it."""

import logging
import secrets
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - the schema for Studio needs them

from agents.consolidation import summariser
from agents.context import ChatContext
from agents.identity import current_user
from config.errors import UserError
from config.settings import Settings, settings
from memory.lifecycle.changing.runs import Run
from memory.lifecycle.keeping.consolidate import Consolidation, Policy, Report
from memory.lifecycle.keeping.pruning import Pruning
from memory.lifecycle.keeping.thinning import Thinning
from memory.lifecycle.sharing.keepers import Whose, keepers
from memory.namespaces import ROOT, owner_of
from memory.serving import serving
from memory.short_term import retention
from memory.short_term.factory import serving_checkpointer
from memory.short_term.pruned import Pruned, prune
from memory.short_term.threads import OWNER

log = logging.getLogger(__name__)

OWNERS = 1_000
"""Owners that are listed at a time."""
Step = Literal["consolidate", "prune"]


class MaintenanceState(TypedDict):
    """What is asked, and what was done."""

    dry_run: NotRequired[bool]
    """Only tell what would go."""
    pruned: NotRequired[dict[str, int]]
    """Threads and checkpoints that went, and their bytes."""
    run: NotRequired[str]
    """The name by which what was done to the memories can be undone: `mnemograph maintain --undo RUN`."""
    consolidated: NotRequired[dict[str, int]]
    """Memories that were merged, summed up and thinned out, and the rows and embedded views that it saved."""
    forgotten: NotRequired[dict[str, int]]
    """Memories that went because their owner had more than MNEMOGRAPH_KEEP_MEMORIES."""


def policy_of(configured: Settings) -> retention.Policy:
    """The settings' policy for threads; 0 keeps everything."""
    days = configured.keep_checkpoints_days
    threads = configured.keep_threads_days
    return retention.Policy(
        keep_last=configured.keep_checkpoints or None,
        keep_for=timedelta(days=days) if days else None,
        threads_for=timedelta(days=threads) if threads else None,
        steps_of=configured.keep_steps_of or None,
    )


def memory_policy_of(configured: Settings) -> Policy:
    """The settings' policy for memories; 0 leaves what was said as it is, and keeps every memory."""
    days = configured.consolidate_after_days
    quiet = timedelta(days=days) if days else None
    thinning = Thinning(whole_after=quiet, none_after=quiet)
    return Policy(quiet, thinning, Pruning(configured.keep_memories or None))


async def maintain(configured: Settings, *, dry_run: bool, owner: str | None = None) -> Pruned:
    """Prune threads by the settings; with `owner` only that signed-in user's."""
    whose = {OWNER: owner} if owner else None
    async with serving_checkpointer(configured) as saver:
        return await prune(
            saver, policy_of(configured), datetime.now(UTC), run_metadata=whose, dry_run=dry_run
        )


async def maintain_memories(
    store: BaseStore,
    configured: Settings,
    step: Step,
    run: str,
    *,
    dry_run: bool,
    owner: str | None = None,
) -> Report:
    """Consolidate or prune by the settings, each owner's memories for themselves; with `owner` theirs alone.

    What an agent keeps of them in a room of its own is consolidated for itself. What fails for one owner is logged and
    counted, and done for the others. Raises UserError on a model's wrong name.
    """
    name = configured.memory_model
    summarise, policy, now = summariser(name, configured), memory_policy_of(configured), datetime.now(UTC)
    total = Report()
    for user_id in [owner] if owner else await owners_in(store):
        try:
            for keeper in await keepers(store, Whose(user_id)):
                work = Consolidation(
                    Run(keeper.store, user_id, run, now),
                    policy,
                    summarise,
                    name if summarise else "",
                    dry_run=dry_run,
                )
                total.add(await (work.consolidate() if step == "consolidate" else work.prune()))
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - one owner's trouble is not the others'
            log.warning("an owner's memories were left as they are: %s: %s", type(error).__name__, error)
            total.failed += 1
    return total


def new_run() -> str:
    """A name by which a run can be undone."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


async def owners_in(store: BaseStore) -> list[str]:
    """The users that have anything in the store."""
    places: list[tuple[str, ...]] = []
    while page := await store.alist_namespaces(prefix=(ROOT,), max_depth=2, limit=OWNERS, offset=len(places)):
        places += page
    return [owner_of(place) for place in places if len(place) == 2]


def _owner(runtime: Runtime[ChatContext], configured: Settings) -> str | None:
    """Where people sign in, a caller maintains and hears of what is their own alone; an operator of everybody's."""
    if configured.auth != "keys":
        return None
    user = current_user(runtime, configured)
    return None if user in configured.operator_names else user


async def prune_threads(state: MaintenanceState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Checkpoints and threads go by the settings."""
    configured = settings()
    owner = _owner(runtime, configured)
    return {"pruned": asdict(await maintain(configured, dry_run=bool(state.get("dry_run")), owner=owner))}


async def consolidate(state: MaintenanceState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """What says the same becomes one memory, what is old fewer and smaller ones."""
    run = new_run()
    return {"run": run, "consolidated": await _memories(state, runtime, "consolidate", run)}


async def prune_memories(state: MaintenanceState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Above the count that the settings keep, the memories that matter least go."""
    return {"forgotten": await _memories(state, runtime, "prune", state.get("run") or new_run())}


async def _memories(
    state: MaintenanceState, runtime: Runtime[ChatContext], step: Step, run: str
) -> dict[str, int]:
    configured = settings()
    store = runtime.store or serving.store
    if store is None:
        return {}
    report = await maintain_memories(
        store,
        configured,
        step,
        run,
        dry_run=bool(state.get("dry_run")),
        owner=_owner(runtime, configured),
    )
    return asdict(report)


def build() -> StateGraph[MaintenanceState, ChatContext, Any, Any]:
    builder = StateGraph(MaintenanceState, context_schema=ChatContext)
    steps = (prune_threads, consolidate, prune_memories)
    for step in steps:
        builder.add_node(step.__name__, step)
    names = [START, *(step.__name__ for step in steps), END]
    for name, following in pairwise(names):
        builder.add_edge(name, following)
    return builder


graph = build().compile(name="maintenance")
