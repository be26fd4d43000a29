"""A thread's timeline over HTTP, beside LangGraph's own routes: history, diff, undo, redo, fork.

Whose thread it is decides LangGraph's server, which is asked with the caller's own headers: another's is not found.
"""

from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config.errors import UserError
from config.settings import settings
from graphs.chat import Chat, compile_chat
from graphs.edit import StaleEdit, edit_state, if_untouched
from graphs.threads import owner_of_thread
from graphs.timeline import NoSuchThreadError, diff, fork, history
from graphs.undo import LAST_NODE, Changed, at, redo, undo
from memory.serving import serving
from memory.short_term.threads import OWNER
from memory.short_term.timeline import NoSuchCheckpointError
from server.access import presented_key, user_of_key
from server.as_caller import as_caller
from server.asked import NOT_READY, Refused
from server.attaching import GRAPH
from server.titles import first_words, title_of_fork

PREFIX = "/mnemograph/threads/{thread_id}"
BUSY = "A turn is under way in this conversation: wait for its end, or cancel it, and then try again."

router = APIRouter(prefix=PREFIX)


@dataclass(frozen=True)
class Asked:
    """A request that may touch the thread: the chat to do it with, and for whom."""

    chat: Chat
    user_id: str
    thread_id: str
    server: httpx.AsyncClient
    title: object = None
    """What a person named it."""

    async def note(self) -> None:
        """Let the server's own row of the thread show the state that was written past it."""
        head = await self.chat.aget_state(at(self.thread_id))
        values = {"undone": head.values.get("undone") or []}
        await self.server.post(
            f"/threads/{self.thread_id}/state", json={"values": values, "as_node": LAST_NODE}
        )


def _not_found(error: UserError, thread_id: str) -> JSONResponse:
    """Where to look, a caller is told by the routes that they have."""
    if isinstance(error, NoSuchCheckpointError):
        sentence = f"{error.what}: GET {PREFIX.format(thread_id=thread_id)}/history lists them."
    elif isinstance(error, NoSuchThreadError):
        sentence = "Nothing was said in this conversation yet: run it first, and then ask again."
    else:
        sentence = error.sentence
    return JSONResponse({"detail": sentence}, status_code=404)


async def _admitted(request: Request, thread_id: str, server: httpx.AsyncClient, *, idle: bool) -> Asked:
    """Raises Refused when the thread is not the caller's, or a run is at work on one that is to be changed."""
    found = await server.get(f"/threads/{thread_id}")
    if found.is_error:
        raise Refused(found.status_code, found.json().get("detail"))
    if idle and found.json().get("status") == "busy":
        raise Refused(409, BUSY)
    if serving.checkpointer is None or serving.store is None:
        raise Refused(503, NOT_READY)
    chat = compile_chat(serving.checkpointer, serving.store)
    configured = settings()
    if configured.auth == "none":
        user_id = await owner_of_thread(chat, thread_id) or configured.user
    else:
        key = presented_key({name.lower(): value for name, value in request.headers.raw})
        user_id = user_of_key(key, configured.keys_by_user()) or ""
    title = (found.json().get("metadata") or {}).get("title")
    return Asked(chat, user_id, thread_id, server, title)


@router.get("/history")
async def show_history(
    request: Request, thread_id: str, limit: int = Query(50, ge=1, le=500)
) -> JSONResponse:
    """What each step of the thread did, newest first."""
    async with as_caller(request.app, request.headers) as server:
        try:
            asked = await _admitted(request, thread_id, server, idle=False)
            return JSONResponse([step.as_json() for step in await history(asked.chat, thread_id, limit)])
        except Refused as refused:
            return refused.response
        except UserError as error:
            return _not_found(error, thread_id)


@router.get("/diff")
async def show_diff(
    request: Request, thread_id: str, before: str | None = None, after: str | None = None
) -> JSONResponse:
    """What differs between two checkpoints; by default what the last turn changed."""
    async with as_caller(request.app, request.headers) as server:
        try:
            asked = await _admitted(request, thread_id, server, idle=False)
            found = await diff(asked.chat, thread_id, before, after)
            return JSONResponse({name: each.as_json() for name, each in found.items()})
        except Refused as refused:
            return refused.response
        except UserError as error:
            return _not_found(error, thread_id)


@router.post("/undo")
async def undo_turn(request: Request, thread_id: str) -> JSONResponse:
    """Take the newest turn back, with what it taught."""
    return await _changed(request, thread_id, undo)


@router.post("/redo")
async def redo_turn(request: Request, thread_id: str) -> JSONResponse:
    """Bring back the turn that was undone last, with what it taught."""
    return await _changed(request, thread_id, redo)


async def _changed(request: Request, thread_id: str, change: Any) -> JSONResponse:
    async with as_caller(request.app, request.headers) as server:
        try:
            asked = await _admitted(request, thread_id, server, idle=True)
            done: Changed = await change(asked.chat, asked.user_id, thread_id)
            await asked.note()
        except Refused as refused:
            return refused.response
        except UserError as error:
            return JSONResponse({"detail": error.sentence}, status_code=409)
    return JSONResponse(
        {
            "turn": done.turn,
            "said": done.said,
            "memories": done.memories,
            "kinds": done.kinds,
            "finished": done.finished,
        }
    )


class Edit(BaseModel):
    """An edit of the state, and the checkpoint that it was made on."""

    values: dict[str, Any]
    base: str


@router.post("/state")
async def edit(request: Request, thread_id: str, body: Edit, retry: bool = False) -> JSONResponse:
    """Edit the state where nobody wrote since `base`; with `retry` also where nobody touched the same fields."""
    async with as_caller(request.app, request.headers) as server:
        try:
            asked = await _admitted(request, thread_id, server, idle=True)
            policy = if_untouched if retry else None
            written = await edit_state(
                asked.chat, asked.user_id, thread_id, body.values, base=body.base, policy=policy
            )
            await asked.note()
        except Refused as refused:
            return refused.response
        except StaleEdit as error:
            return JSONResponse({"detail": error.sentence}, status_code=409)
        except UserError as error:
            return JSONResponse({"detail": error.sentence}, status_code=422)
    return JSONResponse({"checkpoint_id": written})


@router.post("/fork")
async def fork_thread(request: Request, thread_id: str, checkpoint: str | None = None) -> JSONResponse:
    """A new thread of the caller's that begins with this one's state and is called after it; gives its id."""
    async with as_caller(request.app, request.headers) as server:
        try:
            asked = await _admitted(request, thread_id, server, idle=False)
            told = {OWNER: asked.user_id} if settings().auth == "keys" else {}
            new = await fork(asked.chat, asked.user_id, thread_id, checkpoint, told=told)
            head = await asked.chat.aget_state(at(new))
            title = title_of_fork(asked.title, first_words(head.values.get("messages") or []))
            named = {"graph_id": GRAPH, **({"title": title} if title else {})}
            made = await server.post("/threads", json={"thread_id": new, "metadata": named})
            if made.is_error:
                raise Refused(made.status_code, made.json().get("detail"))
            await replace(asked, thread_id=new).note()
        except Refused as refused:
            return refused.response
        except UserError as error:
            return _not_found(error, thread_id)
    return JSONResponse({"thread_id": new})
