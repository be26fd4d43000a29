"""Who else may read or write a user's memories, over HTTP. Whose they are says the key (server/asked.py)."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from langgraph.store.base import BaseStore
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.lifecycle.sharing.grants import Action, Grant, give, grants_of, parsed_grantee, revoke
from memory.schema import Kind
from memory.serving import serving
from server.asked import NOT_READY, Refused, answered, body_of, user_of

router = APIRouter(prefix="/mnemograph/grants")


class Granting(BaseModel):
    """A grant to give. `of` is the agent whose own memory is meant, instead of the user's."""

    model_config = ConfigDict(extra="forbid")

    grantee: str
    kinds: list[Kind] = Field(default_factory=lambda: [Kind.SEMANTIC], min_length=1)
    action: Action = Action.READ
    until: AwareDatetime | None = None
    of: str = ""


class Revoking(BaseModel):
    """What to end: of these kinds, or all; of this agent's own memory ("" the user's), or any."""

    model_config = ConfigDict(extra="forbid")

    grantee: str
    kinds: list[Kind] = Field(default_factory=list)
    of: str | None = None


@router.get("")
async def list_grants(request: Request) -> Response:
    """What the user has granted; `holds` is false where its time is over."""

    async def work() -> Response:
        user_id, now = user_of(request), datetime.now(UTC)
        return JSONResponse([each.shown(now) for each in await grants_of(_store(), user_id)])

    return await answered(work)


@router.post("")
async def give_grant(request: Request) -> Response:
    """Let an agent, a team or another user read or write; in the place of a grant for the same."""

    async def work() -> Response:
        user_id, now = user_of(request), datetime.now(UTC)
        body = await body_of(request, Granting)
        kinds = tuple(each.value for each in body.kinds)
        grant = Grant(parsed_grantee(body.grantee), kinds, body.action, body.until, body.of)
        return JSONResponse((await give(_store(), user_id, grant, now)).shown(now))

    return await answered(work)


@router.delete("")
async def revoke_grants(request: Request) -> Response:
    """End what somebody was granted, from the next read on; gives what it was."""

    async def work() -> Response:
        user_id, now = user_of(request), datetime.now(UTC)
        body = await body_of(request, Revoking)
        kinds = [each.value for each in body.kinds]
        ended = await revoke(_store(), user_id, parsed_grantee(body.grantee), kinds, body.of)
        return JSONResponse([each.shown(now) for each in ended])

    return await answered(work)


def _store() -> BaseStore:
    if serving.store is None:
        raise Refused(503, NOT_READY)
    return serving.store
