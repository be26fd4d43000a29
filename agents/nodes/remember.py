"""The last node of a turn: write what the new messages taught. The same function serves ingest and recovery."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langgraph.config import get_config
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from agents.conversation import Turn, mark, said_at, speaker, turns_to_remember
from agents.extraction import extractor
from agents.identity import current_context, current_user
from agents.sharing import agent_of, reader_of
from agents.state import ChatState
from config.settings import Settings, settings
from config.tracing import annotate_run
from memory.lifecycle.build import episode_id
from memory.lifecycle.evidence import Evidence, Role, Said, turn_name
from memory.lifecycle.remember import Remembered
from memory.lifecycle.remember import remember as write
from memory.lifecycle.rooms import are_its_own, place_for
from memory.schema import Kind, Memory, Source

log = logging.getLogger(__name__)

MAX_TURNS = 20
POSTPONED = "What this turn taught could not be written yet; it is tried again with the next message."
SAVERS = ("save_memory", "correct_memory")
LOOKING = ("search_memory",)
"""Tools that show memories beside those that were recalled."""


async def remember(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Remember every whole turn that has not been; on a failure they wait in the thread for the next time.

    A thread may be several people's where nobody signs in: each remembers their own turns.
    """
    waiting = turns_to_remember(state["messages"], state.get("remembered_to"))[:MAX_TURNS]
    if not waiting:
        return {"learned": []}
    warnings = list(state.get("warnings") or [])
    configured, config = settings(), get_config()
    user_id = current_user(runtime, configured)
    if runtime.store is None:
        return {"learned": [], "warnings": [*warnings, POSTPONED]}
    thread_id = str(config["configurable"]["thread_id"])
    own = [turn for turn in waiting if mark(turn.human).get("by") in (None, speaker(thread_id, user_id))]
    try:
        async with asyncio.timeout(configured.remember_timeout_s):
            result = await remember_turns(
                runtime.store,
                user_id,
                thread_id,
                own,
                configured,
                model=current_context(runtime).extraction_model or configured.memory_model,
                run_id=str(config.get("run_id") or "") or None,
            )
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("remembering failed, postponed: %s: %s", type(error).__name__, error)
        return {"learned": [], "warnings": [*warnings, POSTPONED]}
    taught = [memory for memory in result.memories if memory.provenance.source is Source.USER]
    annotate_run(config, learned=[memory.id for memory in taught])
    return {
        "learned": [learned(memory) for memory in taught],
        "warnings": [*warnings, *result.warnings],
        "remembered_to": _done_to(waiting, own, state.get("remembered_to")),
    }


def _done_to(waiting: list[Turn], own: list[Turn], before: str | None) -> str | None:
    """The human message up to which nothing waits any more, for anybody."""
    done = list(takewhile(lambda turn: turn in own, waiting))
    return str(done[-1].human.id) if done else before


async def remember_turns(
    store: BaseStore,
    user_id: str,
    thread_id: str,
    turns: Sequence[Turn],
    configured: Settings,
    *,
    model: str,
    run_id: str | None = None,
) -> Remembered:
    """The remember path itself. Raises what the store, the embedding model or the extraction model raises."""
    now = datetime.now(UTC)
    extract = extractor(model, configured)
    result = Remembered()
    kept = [turn for turn in turns if not mark(turn.human).get("refused")]
    for agent, some in groupby(kept, key=lambda turn: agent_of(turn.human)):
        told = [(turn, evidence_of(turn, thread_id, run_id, now)) for turn in some]
        placed = (
            [await _placed(store, user_id, agent, each, now=now) for each in told]
            if agent
            else [(store, [evidence for _, evidence in told])]
        )
        for place, part in placed:
            if place is None:
                result.already += len(part)
                continue
            done = await write(
                place, user_id, part, extract, now=now, max_facts=configured.max_facts_per_turn
            )
            result.memories += done.memories
            result.already += done.already
            result.warnings += done.warnings
    return result


async def _placed(
    store: BaseStore, user_id: str, agent: str, told: tuple[Turn, Evidence], *, now: datetime
) -> tuple[BaseStore | None, list[Evidence]]:
    """Where a specialist's turn belongs (memory.lifecycle.rooms), and what of it.

    A reply from what was only shown to the specialist is not kept in its room: it would outlive the grant.
    """
    turn, evidence = told
    place = await place_for(store, reader_of(user_id, agent), episode_id(evidence), evidence.turn, now)
    if place.store is not None and place.own:
        evidence = replace(evidence, before="", before_in="")
        searched = any(turn.called(tool) for tool in LOOKING)
        if searched or not await are_its_own(place.store, user_id, evidence.used):
            evidence = replace(evidence, said=tuple(each for each in evidence.said if each.role == "user"))
    return place.store, [evidence]


def learned(memory: Memory) -> dict[str, Any]:
    """What the state and a person see of a new memory."""
    return {
        "id": memory.id,
        "kind": memory.kind.value,
        "text": memory.summary or memory.text if memory.kind is Kind.EPISODIC else memory.text,
        "category": memory.category,
        "message_ids": memory.provenance.message_ids,
    }


def evidence_of(turn: Turn, thread_id: str, run_id: str | None, now: datetime) -> Evidence:
    """A turn as evidence; a turn in which something was forgotten leaves no words behind."""
    at = said_at(turn.human, now)
    messages = [turn.human, *(m for m in turn.rest if str(m.text).strip() and not mark(m).get("error"))]
    before = turn.before
    return Evidence(
        thread_id=thread_id,
        used=tuple(str(each) for name in ("recalled", "told") for each in mark(turn.human).get(name) or ()),
        before_in=turn_name(thread_id, turn.after) if turn.after else "",
        before="" if before is None or mark(before).get("refused") else str(before.text),
        said=tuple(_said(message, said_at(message, at)) for message in messages),
        run_id=run_id or mark(turn.human).get("run_id"),
        private=turn.called("forget_memory"),
        already_saved=tuple(
            str(call["args"].get("statement", ""))
            for message in turn.rest
            for call in getattr(message, "tool_calls", [])
            if call["name"] in SAVERS
        ),
    )


def _said(message: AnyMessage, at: datetime) -> Said:
    role: Role = (
        "user"
        if isinstance(message, HumanMessage)
        else "tool"
        if isinstance(message, ToolMessage)
        else "assistant"
    )
    return Said(str(message.id), role, str(message.text), at, message.name if role == "user" else None)
