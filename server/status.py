"""What the server says of itself to a caller: whose memories these are, and what answers."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agents.models import OFFLINE
from config.settings import Settings, settings
from server.asked import answered, user_of

router = APIRouter(prefix="/mnemograph/status")


def about(user_id: str, configured: Settings) -> dict[str, Any]:
    """What a page has to know before it shows anything."""
    return {
        "user_id": user_id,
        "auth": configured.auth,
        "model": configured.model,
        "offline": configured.model == OFFLINE,
        "procedures": configured.procedures,
        "remember": configured.remember,
    }


@router.get("")
async def status(request: Request) -> Response:
    """For whoever has a key, or for everybody where none is asked for."""

    async def work() -> Response:
        return JSONResponse(about(user_of(request), settings()))

    return await answered(work)
