"""A user's memories over HTTP, beside LangGraph's own routes: look, search, correct, forget, take along, erase.

Whose they are says the key; where nobody signs in, `user_id` or else the settings. Another's memory is not found.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict, Field, field_validator

from graphs.chat import Chat
from graphs.forgetting import erase_user, places_of
from graphs.threads import owner_of_thread
from memory.lifecycle.changing.by_hand import approve, edit, pin, reject, restore, retract
from memory.lifecycle.changing.change import forget
from memory.lifecycle.leaving.export import records
from memory.lifecycle.leaving.export_file import written
from memory.lifecycle.leaving.inventory import inventory
from memory.lifecycle.reading.browsing import Position, Wanted, lineage
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.sharing.keepers import (
    Found,
    Keeper,
    Whose,
    browse_all,
    decisions_among,
    keepers,
    named_among,
    still_there,
)
from memory.long_term.statements.began import since
from memory.namespaces import MAX_USER_CHARS, encode_label
from memory.schema import Kind, Memory, Source, Status
from server.as_caller import as_caller
from server.asked import MAX_BODY_BYTES, Refused, answered, asked_by, body_of, query_of, store_for
from server.attaching import attach
from server.bring_in import bring_in_file
from server.rows import delete_rows, rows_of
from server.unlisted import unlisted

router = APIRouter(prefix="/mnemograph/memories")

PAST: Final = (Status.RETRACTED, Status.SUPERSEDED, Status.MERGED)
MOST_HIDDEN: Final = 1_000
MOST_IDS: Final = 100


class Listing(BaseModel):
    """What a listing is asked with: `after` the `next` of the page before; `q` searches as the agent does.

    `agent`: what is in this agent's own room alone, "" what is the user's own alone. `hidden`: also how many there
    are that are not listed for being past. `emptied`: also the marks that forgetting left.
    `id`: whatever else is asked for, those of these that there are, which what was forgotten is not.
    """

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    agent: str | None = Field(default=None, max_length=MAX_USER_CHARS)
    id: list[str] = Field(default_factory=list, max_length=MOST_IDS)
    q: str | None = Field(default=None, max_length=10_000)
    kind: list[Kind] = Field(default_factory=list)
    status: list[Status] = Field(default_factory=list)
    source: list[Source] = Field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    hidden: bool = False
    emptied: bool = False
    limit: int = Field(default=50, ge=1, le=500)
    after: str = Field(default="", max_length=100 + MAX_USER_CHARS)

    @field_validator("since", "until")
    @classmethod
    def _in_utc(cls, at: datetime | None) -> datetime | None:
        try:
            return at.astimezone(UTC) if at else None
        except (OverflowError, ValueError):
            raise ValueError("no calendar has this time in UTC") from None

    @property
    def wanted(self) -> Wanted:
        times = self.since, self.until
        return Wanted(tuple(self.kind), tuple(self.status), tuple(self.source), *times, self.emptied)


class Turns(BaseModel):
    """How many turns' decisions are asked for, and whose; or of which turn: "<thread id>:<id of the human message>"."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    agent: str | None = Field(default=None, max_length=MAX_USER_CHARS)
    turn: str = Field(default="", max_length=1_000)
    limit: int = Field(default=50, ge=1, le=500)


class Change(BaseModel):
    """What an edit, a retraction, a rejection or a pin says."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    reason: str = ""
    wrong: bool = False
    pinned: bool = True


class Import(BaseModel):
    """`procedures_in_force`: what the file has in force is so again, which otherwise waits for approval."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    procedures_in_force: bool = False


class Erasure(BaseModel):
    """`confirm` is the id of the user who is to be erased."""

    model_config = ConfigDict(extra="forbid")

    confirm: str


@dataclass(frozen=True)
class _Asked:
    chat: Chat
    store: BaseStore
    user_id: str


def _asked(request: Request) -> _Asked:
    chat, user_id = asked_by(request)
    store, _ = store_for(request)
    return _Asked(chat, store, user_id)


async def _places(request: Request, asked: _Asked) -> list[Keeper]:
    """Where the caller's memories are that the request is about: all places, or that of the `agent` it names."""
    return await keepers(asked.store, Whose(asked.user_id, request.query_params.get("agent")))


async def _found(request: Request, asked: _Asked, memory_id: str) -> Found:
    return await named_among(await _places(request, asked), memory_id)


def row(memory: Memory, agent: str) -> dict[str, Any]:
    """`agent` is the one in whose room it is, "" for what is the user's own."""
    return {"agent": agent, **memory.model_dump(mode="json")}


@router.get("")
async def list_memories(request: Request) -> Response:
    """The caller's memories of all statuses, kind by kind, the latest first; or what a search finds."""

    async def work() -> Response:
        asked, listing = _asked(request), query_of(request, Listing)
        places = await _places(request, asked)
        if listing.id:
            there = [row(each.memory, each.keeper.agent) for each in await still_there(places, listing.id)]
            return JSONResponse({"memories": there, "next": None})
        if listing.q is not None:
            # The user's own agent recalls what is in the rooms as well.
            found = await recall(places[0].store, asked.user_id, listing.q, limit=listing.limit)
            return JSONResponse({"memories": [each.model_dump(mode="json") for each in found], "next": None})
        after = Position.read(listing.after) if listing.after else None
        page = await browse_all(places, listing.wanted, limit=listing.limit, after=after)
        more = str(page.next) if page.next else None
        answer: dict[str, Any] = {
            "memories": [row(each.memory, each.keeper.agent) for each in page.found],
            "next": more,
            "agents": [each.agent for each in places if each.agent],
        }
        if listing.hidden:
            answer["hidden"] = await _hidden(places, listing.wanted)
        return JSONResponse(answer)

    return await answered(work)


async def _hidden(places: list[Keeper], wanted: Wanted) -> dict[str, int]:
    """Of these memories those that are past and not asked for, by status: at most `MOST_HIDDEN` are counted."""
    left = tuple(status for status in PAST if wanted.statuses and status not in wanted.statuses)
    if not left:
        return {}
    page = await browse_all(places, replace(wanted, statuses=left), limit=MOST_HIDDEN)
    return dict(Counter(each.memory.status.value for each in page.found))


@router.get("/counts")
async def counts(request: Request) -> Response:
    """How much there is of the caller, by place: what an erasure would erase."""

    async def work() -> Response:
        asked = _asked(request)
        found = await inventory(places_of(asked.chat, asked.user_id), asked.user_id)
        rows = await rows_of(request, found.threads.own)
        told = {**found.counts, **{place: len(ids) for place, ids in rows.items()}}
        return JSONResponse({"user_id": asked.user_id, "counts": told, "confirm": asked.user_id})

    return await answered(work)


@router.get("/decisions")
async def decisions(request: Request) -> Response:
    """Why something was or was not kept: of the newest turns what each gave, and what became of it."""

    async def work() -> Response:
        asked, listing = _asked(request), query_of(request, Turns)
        found = await decisions_among(await _places(request, asked), limit=listing.limit, turn=listing.turn)
        told = [{"agent": agent, **turn.model_dump(mode="json")} for agent, turn in found]
        return JSONResponse({"turns": told})

    return await answered(work)


@router.get("/export")
async def export(request: Request) -> Response:
    """Everything of the caller as one JSON file (docs/export.md)."""

    async def work() -> Response:
        asked = _asked(request)
        taken = records(places_of(asked.chat, asked.user_id), asked.user_id)
        name = f"mnemograph-{encode_label(asked.user_id)}.json"
        return StreamingResponse(
            written(asked.user_id, taken, datetime.now(UTC)),
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return await answered(work)


@router.post("/import")
async def import_(request: Request) -> Response:
    """Bring an export back, for the caller; what is there already stays as it is."""

    async def work() -> Response:
        asked, wanted = _asked(request), query_of(request, Import)
        came = await bring_in_file(request, asked.chat, asked.user_id, in_force=wanted.procedures_in_force)
        unlisted.look_anew(asked.user_id)
        return JSONResponse(came)

    return await answered(work)


@router.post("/erase")
async def erase(request: Request) -> Response:
    """Everything of the caller goes for good, from every place; counted before, and looked for after."""

    async def work() -> Response:
        asked = _asked(request)
        given = await body_of(request, Erasure)
        if given.confirm != asked.user_id:
            raise Refused(
                422, f"Nothing was erased: `confirm` must be the id of the user to erase, {asked.user_id!r}."
            )
        found = await inventory(places_of(asked.chat, asked.user_id), asked.user_id)
        async with unlisted.still(asked.user_id):
            before = await delete_rows(request, found.threads.own)
            erased = await erase_user(asked.chat, asked.user_id)
            after = await rows_of(request, found.threads.own)
        left = {place: len(ids) for place, ids in after.items()}
        return JSONResponse(
            {
                "user_id": asked.user_id,
                "erased": {**found.counts, **before},
                "left": {**erased.after, **left},
            },
            status_code=500 if any(left.values()) else 200,
        )

    return await answered(work)


@router.get("/{memory_id}")
async def show(request: Request, memory_id: str) -> Response:
    """One memory, with what it took the place of and what took its place; and whether its conversation is here."""

    async def work() -> Response:
        asked = _asked(request)
        found = await _found(request, asked, memory_id)
        agent, memory = found.keeper.agent, found.memory
        chain = await lineage(found.keeper.store, asked.user_id, memory)
        here = await _is_here(request, asked, memory.provenance.thread_id)
        history = [row(each, agent) for each in chain]
        told = {"memory": row(memory, agent), "history": history, "conversation": here}
        return JSONResponse(told)

    return await answered(work)


async def _is_here(request: Request, asked: _Asked, thread_id: str) -> bool:
    """Whether the caller can open it: of what came out of a transcript the words alone are kept."""
    async with as_caller(request.app, request.headers) as server:
        found = await server.get(f"/threads/{quote(thread_id, safe='')}")
        if found.status_code != 404 or await owner_of_thread(asked.chat, thread_id) != asked.user_id:
            return found.is_success

        async def ask(method: str, path: str, body: dict[str, Any] | None) -> Mapping[str, Any]:
            answer = await server.request(method, path, json=body)
            return dict(answer.json()) if answer.is_success else {}

        # One that was imported, or whose row a crash lost: the server is told of it, as recovery does.
        return await attach(ask, thread_id)


Does = Callable[[BaseStore, str, Memory, Change], Awaitable[Memory]]
"""Changes a memory of a user's where it is kept, and gives what came of it."""


async def _changed(request: Request, memory_id: str, does: Does) -> Response:
    async def work() -> Response:
        asked = _asked(request)
        given = await body_of(request, Change, limit=MAX_BODY_BYTES)
        with since():
            found = await _found(request, asked, memory_id)
            made = await does(found.keeper.store, asked.user_id, found.memory, given)
            return JSONResponse({"memory": row(made, found.keeper.agent)})

    return await answered(work)


@router.post("/{memory_id}/edit")
async def edit_memory(request: Request, memory_id: str) -> Response:
    """Put the caller's `text` in the place of a fact, which stays as history (`wrong`: as one that never held)."""

    async def does(store: BaseStore, user_id: str, memory: Memory, given: Change) -> Memory:
        return await edit(store, user_id, memory, given.text, datetime.now(UTC), wrong=given.wrong)

    return await _changed(request, memory_id, does)


@router.post("/{memory_id}/retract")
async def retract_memory(request: Request, memory_id: str) -> Response:
    """A memory is wrong: it is no longer recalled, and stays as history with the `reason`."""
    return await _changed(
        request,
        memory_id,
        lambda store, user_id, memory, given: retract(store, user_id, memory, given.reason),
    )


@router.post("/{memory_id}/restore")
async def restore_memory(request: Request, memory_id: str) -> Response:
    """What was retracted by mistake is recalled again, with the words that taught it."""
    return await _changed(
        request, memory_id, lambda store, user_id, memory, _: restore(store, user_id, memory)
    )


@router.post("/{memory_id}/approve")
async def approve_memory(request: Request, memory_id: str) -> Response:
    """A memory that waits for a look is recalled from now on."""
    return await _changed(
        request,
        memory_id,
        lambda store, user_id, memory, _: approve(store, user_id, memory, datetime.now(UTC)),
    )


@router.post("/{memory_id}/reject")
async def reject_memory(request: Request, memory_id: str) -> Response:
    """A memory that waits for a look is never recalled."""
    return await _changed(
        request,
        memory_id,
        lambda store, user_id, memory, given: reject(store, user_id, memory, datetime.now(UTC), given.reason),
    )


@router.post("/{memory_id}/pin")
async def pin_memory(request: Request, memory_id: str) -> Response:
    """Whether a memory may fade and be pruned: `pinned`, which is true unless it is given."""
    return await _changed(
        request,
        memory_id,
        lambda store, user_id, memory, given: pin(store, user_id, memory, pinned=given.pinned),
    )


@router.post("/{memory_id}/forget")
async def forget_memory(request: Request, memory_id: str) -> Response:
    """A memory goes for good, with its history and its words in every other memory; the conversation keeps its own."""

    async def work() -> Response:
        asked = _asked(request)
        with since():
            found = await _found(request, asked, memory_id)
            gone = await forget(found.keeper.store, asked.user_id, found.memory)
            return JSONResponse({"id": found.memory.id, "forgotten": gone})

    return await answered(work)
