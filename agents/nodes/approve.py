"""Behind remembering: ask whether what the turn proposed is to hold in every conversation.

The reply is out and the proposal is written, so that nothing waits for the answer. Whoever goes on talking instead
leaves it proposed, for `mnemograph procedures` or the API.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.types import interrupt

from agents.approval import Decision, asked_about, decisions_in, request
from agents.context import ChatContext
from agents.conversation import last_human
from agents.identity import current_user
from agents.nodes.remember import learned
from agents.sharing import places_of_turn
from agents.state import ChatState
from config.errors import UserError
from config.settings import settings
from memory.lifecycle.changing.approval import approve as put_in_force
from memory.lifecycle.changing.approval import edit, reject
from memory.lifecycle.reading.lookup import memory_by_id
from memory.schema import Memory

log = logging.getLogger(__name__)

UNREADABLE = (
    "Your answer was none of approve, edit and reject, so the procedure stays proposed: "
    "`mnemograph procedures` decides later."
)
UNWRITTEN = "Your answer could not be written, so the procedure stays proposed: `mnemograph procedures` decides later."


async def approve(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Ask, and do what was answered. An answer that cannot be read or written costs the answer alone."""
    rows = list(state.get("learned") or [])
    waiting = asked_about(rows)
    if not waiting or runtime.store is None:
        return {}
    decisions = decisions_in(interrupt(request(waiting, state.get("procedures") or [])), len(waiting))
    user_id = current_user(runtime, settings())
    warnings = list(state.get("warnings") or [])
    places = places_of_turn(runtime.store, user_id, last_human(state["messages"]))
    for row, decision in zip(waiting, decisions, strict=True):
        done, warning = await _decided(places, user_id, str(row["id"]), decision)
        rows = [learned(done) if done and each["id"] == row["id"] else each for each in rows]
        warnings += [warning] if warning else []
    return {"learned": rows, "warnings": warnings}


async def _place_of(places: Sequence[BaseStore], user_id: str, which: str) -> BaseStore:
    """Where the procedure was proposed: among the user's memories, or in the room of the specialist who answered."""
    for room in places[1:]:
        if await memory_by_id(room, user_id, which):
            return room
    return places[0]


async def _decided(
    places: Sequence[BaseStore], user_id: str, which: str, decision: Decision | None
) -> tuple[Memory | None, str]:
    """The procedure as it stands after the decision, or a sentence that says why it is as before."""
    if decision is None:
        return None, UNREADABLE
    now = datetime.now(UTC)
    work: dict[str, Callable[[BaseStore], Awaitable[Memory]]] = {
        "approve": lambda store: put_in_force(store, user_id, which, now),
        "edit": lambda store: edit(store, user_id, which, decision.text, now),
        "reject": lambda store: reject(store, user_id, which, now, decision.text),
    }
    try:
        return await work[decision.kind](await _place_of(places, user_id, which)), ""
    except UserError as error:
        return None, error.sentence
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the thread
        log.warning("a decision was not written: %s: %s", type(error).__name__, error)
        return None, UNWRITTEN
