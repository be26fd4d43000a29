"""The last node of a turn: write what the new messages taught, or keep their words and leave the rest for later.

`remember_turns` serves the node, ingest, recovery and the extraction in the background alike.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Protocol, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.config import get_config
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from agents.conversation import (
    RECALLING,
    Turn,
    mark,
    run_began,
    said_at,
    speaker,
    turns_to_remember,
    without_notice,
)
from agents.decided import decided_by_tools
from agents.extraction import extractor
from agents.identity import current_context, current_user
from agents.later import Job, Later
from agents.placing import placed
from agents.sharing import places_of_turn
from agents.state import ChatState
from config.settings import Settings, settings
from config.timings import timings
from config.tracing import annotate_run
from memory.lifecycle.changing.approval import to_ask
from memory.lifecycle.language.pasted import own
from memory.lifecycle.learning.remember import Remembered
from memory.lifecycle.learning.remember import remember as write
from memory.lifecycle.learning.words import keep_words
from memory.lifecycle.reading.lookup import of_turn
from memory.lifecycle.turns.evidence import Evidence, Role, Said, corrects, points_back, turn_name
from memory.lifecycle.turns.pending import Pending, is_overdue, pending_of
from memory.long_term.statements.began import since
from memory.schema import Kind, Memory, Source, Status

log = logging.getLogger(__name__)

MAX_TURNS = 20
POSTPONED = "What this turn taught could not be written yet; it is tried again with the next message."
SAVERS = ("save_memory", "correct_memory")


class Node(Protocol):
    """What LangGraph calls."""

    async def __call__(self, state: ChatState, *, runtime: Runtime[ChatContext]) -> dict[str, Any]: ...


def remembering(later: Later | None) -> Node:
    """The node. With the setting remember=background it leaves extraction to `later`, where that is ready."""

    async def remember(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
        """Remember every whole turn that has not been; on a failure they wait in the thread for the next time.

        A thread may be several people's where nobody signs in: each remembers their own turns.
        """
        waiting = turns_to_remember(state["messages"], state.get("remembered_to"))[:MAX_TURNS]
        if not waiting:
            return {"learned": []}
        warnings = list(state.get("warnings") or [])
        configured = settings()
        if runtime.store is None:
            return {"learned": [], "warnings": [*warnings, POSTPONED]}
        user_id, thread_id = current_user(runtime, configured), _thread_id()
        own = [t for t in waiting if mark(t.human).get("by") in (None, speaker(thread_id, user_id))]
        hand = later if configured.remember == "background" and later is not None and later.ready else None
        try:
            began = run_began(state["messages"], get_config().get("run_id"))
            with since(began), timings.measure("remember"):
                async with asyncio.timeout(configured.remember_timeout_s):
                    result = await (
                        _written(runtime, user_id, own)
                        if hand is None
                        else _left_for(hand, runtime, user_id, own)
                    )
                    saved = await _saved(runtime.store, user_id, thread_id, own)
        except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
            log.warning("remembering failed, postponed: %s: %s", type(error).__name__, error)
            return {"learned": [], "warnings": [*warnings, POSTPONED]}
        found = {memory.id: memory for memory in (*saved, *result.memories)}
        taught = [memory for memory in found.values() if memory.provenance.source is Source.USER]
        annotate_run(get_config(), learned=[memory.id for memory in taught])
        return {
            "learned": [learned(memory) for memory in taught],
            "warnings": [*warnings, *result.warnings],
            "remembered_to": _done_to(waiting, own, state.get("remembered_to")),
        }

    return remember


def _thread_id() -> str:
    return str(get_config()["configurable"]["thread_id"])


async def _written(runtime: Runtime[ChatContext], user_id: str, turns: Sequence[Turn]) -> Remembered:
    configured = settings()
    return await remember_turns(
        cast(BaseStore, runtime.store),
        user_id,
        _thread_id(),
        turns,
        configured,
        model=current_context(runtime).extraction_model or configured.memory_model,
        run_id=str(get_config().get("run_id") or "") or None,
    )


async def _left_for(
    later: Later, runtime: Runtime[ChatContext], user_id: str, turns: Sequence[Turn]
) -> Remembered:
    """Keep the words of these turns, so that they are recalled from now on, and have their facts extracted later."""
    store, thread_id, now = cast(BaseStore, runtime.store), _thread_id(), datetime.now(UTC)
    run_id = str(get_config().get("run_id") or "") or None
    told = [(turn, evidence_of(turn, thread_id, run_id, now)) for turn in taken(turns)]
    pending: dict[str, Pending] = {}
    async for each in placed(store, user_id, told, now):
        if each.place.store is not None:
            await keep_words(each.place.store, user_id, each.evidence, now=now)
            pending |= {waits.id: waits for waits in await pending_of(each.place.store, user_id, thread_id)}
    if pending:
        # What is wrong is not answered from until there is a pause.
        overdue = is_overdue(list(pending.values()), now, settings().remember_after_s)
        overdue = overdue or any(corrects(each.opening.text) for _, each in told)
        later.take(Job(user_id, thread_id, current_context(runtime).extraction_model, at_once=overdue))
    # What earlier turns proposed behind their end is asked about behind this one.
    places = places_of_turn(store, user_id, turns[-1].human if turns else None)
    return Remembered([each for place in places for each in await to_ask(place, user_id)])


async def _saved(store: BaseStore, user_id: str, thread_id: str, turns: Sequence[Turn]) -> list[Memory]:
    """What tools noted or corrected in these turns, which the turn taught as well."""
    names = [
        turn_name(thread_id, str(turn.human.id))
        for turn in turns
        if any(turn.called(tool) for tool in SAVERS)
    ]
    told = [memory for name in names for memory in await of_turn(store, user_id, name)]
    return [each for each in told if each.kind is Kind.SEMANTIC and each.status is Status.ACTIVE]


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
    only_waiting: bool = False,
) -> Remembered:
    """The remember path itself; `only_waiting`: of the turns those alone whose words are kept already.

    Raises what the store, the embedding model or the extraction model raises, and ConflictError.
    """
    now = datetime.now(UTC)
    extract = extractor(model, configured)
    told = [(turn, evidence_of(turn, thread_id, run_id, now)) for turn in taken(turns)]
    result = Remembered()
    async for each in placed(store, user_id, told, now):
        if each.place.store is None:
            result.already += len(each.evidence)
            continue
        done = await write(
            each.place.store,
            user_id,
            each.evidence,
            extract,
            now=now,
            max_facts=configured.max_facts_per_turn,
            only_waiting=only_waiting,
            procedures=configured.procedures if each.place.procedures else "off",
        )
        result.add(done)
    return result


def taken(turns: Sequence[Turn]) -> list[Turn]:
    """Without those whose message was refused."""
    return [turn for turn in turns if not mark(turn.human).get("refused")]


def learned(memory: Memory) -> dict[str, Any]:
    """What the state and a person see of a new memory."""
    row = {
        "id": memory.id,
        "kind": memory.kind.value,
        "text": memory.summary or memory.text if memory.kind is Kind.EPISODIC else memory.text,
        "category": memory.category,
        "message_ids": memory.provenance.message_ids,
    }
    if memory.kind is not Kind.PROCEDURAL:
        return row
    return {
        **row,
        "status": memory.status.value,
        "quote": memory.provenance.quote,
        "instead_of": memory.instead_of,
    }


def evidence_of(turn: Turn, thread_id: str, run_id: str | None, now: datetime) -> Evidence:
    """A turn as evidence; a turn in which something was forgotten leaves no words behind."""
    at = said_at(turn.human, now)
    messages = [turn.human, *(m for m in turn.rest if str(m.text).strip() and not mark(m).get("error"))]
    before = turn.before
    return Evidence(
        thread_id=thread_id,
        used=tuple(str(each) for name in ("recalled", "told") for each in mark(turn.human).get(name) or ()),
        relied_on=_relied_on(turn),
        before_in=turn_name(thread_id, turn.after) if turn.after else "",
        earlier=_earlier(turn),
        before="" if before is None or mark(before).get("refused") else without_notice(before),
        said=tuple(_said(message, said_at(message, at)) for message in messages),
        run_id=run_id or mark(turn.human).get("run_id"),
        private=turn.called("forget_memory"),
        in_vain=_in_vain(turn),
        already_saved=tuple(
            str(call["args"].get("statement", ""))
            for message in turn.rest
            for call in getattr(message, "tool_calls", [])
            if call["name"] in SAVERS
        ),
        decided=decided_by_tools(turn),
    )


def _in_vain(turn: Turn) -> bool:
    """Whether each wish to forget was refused, as what was named is not there."""
    results = [m for m in turn.rest if isinstance(m, ToolMessage) and m.name == "forget_memory"]
    return bool(results) and all(m.status == "error" for m in results)


def _earlier(turn: Turn) -> str:
    """What the same speaker said in the message before, in their own words, where this one points back."""
    said = turn.previous
    if said is None or mark(said).get("refused") or not points_back(str(turn.human.text)):
        return ""
    same = (said.name, mark(said).get("by")) == (turn.human.name, mark(turn.human).get("by"))
    return own(str(said.text)) if same else ""


def _relied_on(turn: Turn) -> tuple[str, ...]:
    """The memories that the turn's replies used, as the replies' marks name them."""
    named = (mark(message).get("used") for message in turn.rest if isinstance(message, AIMessage))
    return tuple(dict.fromkeys(str(each) for ids in named if isinstance(ids, list) for each in ids))


def _said(message: AnyMessage, at: datetime) -> Said:
    role: Role = (
        "user"
        if isinstance(message, HumanMessage)
        else "tool"
        if isinstance(message, ToolMessage)
        else "assistant"
    )
    name = message.name if role == "user" else None
    recalled = isinstance(message, ToolMessage) and message.name in RECALLING
    echo = isinstance(message, AIMessage) and mark(message).get("echo") is True
    return Said(str(message.id), role, without_notice(message), at, name, recalled, echo)
