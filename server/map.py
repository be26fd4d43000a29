"""The caller's memories as points: what is near in meaning is near on the map."""

import asyncio
from typing import Any, Final

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from memory.embeddings.components import MOST, principal
from memory.lifecycle.reading.browsing import Wanted
from memory.lifecycle.sharing.keepers import Found, Whose, browse_all, keepers
from memory.long_term.vectors import vectors_of
from memory.namespaces import MAX_USER_CHARS, owner_namespace
from memory.schema import Kind, Status
from memory.text import shorten
from server.asked import Refused, answered, query_of, store_for

router = APIRouter(prefix="/mnemograph/memories/map")

MOST_POINTS: Final = 5_000
SHOWN_CHARS: Final = 160
DIGITS: Final = 3
NO_VECTORS: Final = (
    "This server keeps its memories in its own process, where their vectors cannot be read: set "
    "MNEMOGRAPH_STORE=postgres for a map."
)
CUT: Final = "These are the first {0:,} memories: there are more."
UNPLACED: Final = "Not on the map, since they are not found by meaning: {0:,}."


class Asked(BaseModel):
    """Which memories; without a status the active ones. Others are found by no search, and have no place."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    agent: str | None = Field(default=None, max_length=MAX_USER_CHARS)
    kind: list[Kind] = Field(default_factory=list)
    status: list[Status] = Field(default_factory=list)


@router.get("")
async def show_map(request: Request) -> Response:
    """At most MOST_POINTS memories, each `at` its place in `dimensions` dimensions, the telling ones first."""

    async def work() -> Response:
        asked = query_of(request, Asked)
        store, user_id = store_for(request)
        wanted = Wanted(tuple(asked.kind), tuple(asked.status) or (Status.ACTIVE,))
        places = await keepers(store, Whose(user_id, asked.agent))
        found = await browse_all(places, wanted, limit=MOST_POINTS)
        taken = found.found
        names = [(each.keeper.namespace(each.memory.kind), each.memory.id) for each in taken]
        vectors = await vectors_of(store, owner_namespace(user_id), names)
        if vectors is None:
            raise Refused(409, NO_VECTORS)
        placed = [(each, vectors[name]) for each, name in zip(taken, names, strict=True) if name in vectors]
        rows = await asyncio.to_thread(_rows, [vector for _, vector in placed])
        return JSONResponse(
            {
                "points": [_point(each, row) for (each, _), row in zip(placed, rows, strict=True)],
                "dimensions": len(rows[0]) if rows else 0,
                "notes": _notes(found.next is not None, len(taken) - len(placed)),
            }
        )

    return await answered(work)


def _rows(vectors: list[Any]) -> list[list[float]]:
    rows: list[list[float]] = np.round(principal(np.stack(vectors), MOST), DIGITS).tolist() if vectors else []
    return rows


def _point(found: Found, row: list[float]) -> dict[str, Any]:
    memory = found.memory
    return {
        "agent": found.keeper.agent,
        "id": memory.id,
        "kind": memory.kind.value,
        "status": memory.status.value,
        "text": shorten(memory.text, SHOWN_CHARS),
        "said_at": memory.provenance.said_at.isoformat(),
        "importance": memory.importance,
        "at": row,
    }


def _notes(cut: bool, unplaced: int) -> list[str]:
    return [*([CUT.format(MOST_POINTS)] if cut else []), *([UNPLACED.format(unplaced)] if unplaced else [])]
