"""How the caller wants things done, over HTTP: in force and waiting, decided on, put in other words, gone back in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict

from memory.lifecycle.changing.approval import approve, edit, reject, roll_back, versions_of
from memory.lifecycle.reading.versions import MAX_ACTIVE
from memory.long_term.statements.began import since
from memory.schema import Memory, Status
from server.asked import answered, body_of, query_of, store_for

router = APIRouter(prefix="/mnemograph/procedures")

STANDING = (Status.ACTIVE, Status.PROPOSED, Status.QUARANTINED)


class Listing(BaseModel):
    """`all`: also those that are neither in force nor waiting any more."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    all: bool = False


class Deciding(BaseModel):
    """The words of an edit, the reason of a rejection."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    reason: str = ""


@router.get("")
async def list_procedures(request: Request) -> Response:
    """Each with its versions, oldest first; the procedure that changed last comes first."""

    async def work() -> Response:
        asked = query_of(request, Listing)
        store, user_id = store_for(request)
        found = await versions_of(store, user_id)
        shown = [lineage for lineage in found if asked.all or any(_stands(each) for each in lineage)]
        active = sum(each.status is Status.ACTIVE for lineage in found for each in lineage)
        rows = [{"versions": [_row(each) for each in lineage]} for lineage in shown]
        return JSONResponse({"procedures": rows, "in_force": active, "most_in_force": MAX_ACTIVE})

    return await answered(work)


@router.post("/{procedure_id}/approve")
async def approve_procedure(request: Request, procedure_id: str) -> Response:
    """From now on it shapes every reply, in the place of the one that it names."""
    return await _decided(request, lambda store, user_id, _, now: approve(store, user_id, procedure_id, now))


@router.post("/{procedure_id}/reject")
async def reject_procedure(request: Request, procedure_id: str) -> Response:
    """Refuse a proposed one, or end one that is in force; the `reason` is kept."""
    return await _decided(
        request, lambda store, user_id, given, now: reject(store, user_id, procedure_id, now, given.reason)
    )


@router.post("/{procedure_id}/edit")
async def edit_procedure(request: Request, procedure_id: str) -> Response:
    """A new version in the caller's `text`, in force at once."""
    return await _decided(
        request, lambda store, user_id, given, now: edit(store, user_id, procedure_id, given.text, now)
    )


@router.post("/{procedure_id}/rollback")
async def roll_procedure_back(request: Request, procedure_id: str) -> Response:
    """The version before is in force again."""
    return await _decided(
        request, lambda store, user_id, _, now: roll_back(store, user_id, procedure_id, now)
    )


Decides = Callable[[BaseStore, str, Deciding, datetime], Awaitable[Memory]]


async def _decided(request: Request, decides: Decides) -> Response:
    async def work() -> Response:
        store, user_id = store_for(request)
        given = await body_of(request, Deciding)
        with since():
            return JSONResponse({"memory": _row(await decides(store, user_id, given, datetime.now(UTC)))})

    return await answered(work)


def _stands(memory: Memory) -> bool:
    return memory.status in STANDING and memory.undone is None


def _row(memory: Memory) -> dict[str, Any]:
    return memory.model_dump(mode="json")
