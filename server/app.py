"""The HTTP app beside the graphs: langgraph.json mounts it into the LangGraph server."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from agents import later
from config.env_file import project_root
from config.lifeline import hold_on
from config.loading import settled
from config.settings import settings
from config.tracing import flush, install_tracing
from server.as_owner import AsOwner
from server.asked import unfit
from server.bodies import Bodies
from server.closed import Closed
from server.conversations import router as conversations
from server.extraction import Queue
from server.grants import router as grants
from server.guards import Guards
from server.map import router as map_
from server.memories import router as memories
from server.meta import Meta
from server.origins import Origins, cors_of
from server.procedures import router as procedures
from server.public import Public
from server.recovery import Recovery
from server.state_updates import StateUpdates
from server.status import router as status
from server.thread_ids import ThreadIds
from server.timeline import router as timeline
from server.unforeseen import HANDLERS
from server.unread import Unread

log = logging.getLogger(__name__)

UNASKED = (
    "MNEMOGRAPH_API_KEYS is set, but MNEMOGRAPH_AUTH is 'none': NOBODY IS ASKED FOR A KEY. Set MNEMOGRAPH_AUTH=keys, "
    "or empty MNEMOGRAPH_API_KEYS."
)
OURS = ("config", "memory", "agents", "graphs", "server")


@contextlib.asynccontextmanager
async def lifespan(served: FastAPI) -> AsyncIterator[None]:
    """What this process does beside answering."""
    hold_on()
    configured = settings()
    for name in OURS:
        logging.getLogger(name).setLevel(configured.log_level.upper())
    if configured.auth == "none" and configured.keys_by_user():
        log.warning(UNASKED)
    await asyncio.to_thread(install_tracing, configured)
    owner = AsOwner(served, configured)
    queue = Queue(owner, configured)
    later.served.by = queue
    recovery = asyncio.create_task(Recovery(owner, queue, configured).run())
    settled()
    try:
        yield
    finally:
        later.served.by = None
        recovery.cancel()
        await asyncio.gather(recovery, return_exceptions=True)
        await queue.aclose()
        await owner.aclose()
        await asyncio.to_thread(flush)


app = FastAPI(title="Mnemograph", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
# One by one: LangGraph's server wraps each route, and cannot wrap a router that FastAPI includes.
FAMILIES = (conversations, timeline, map_, memories, procedures, grants, status)
app.router.routes.extend(route for family in FAMILIES for route in family.routes)
app.add_exception_handler(RequestValidationError, unfit)
for kind, handler in HANDLERS.items():
    app.add_exception_handler(kind, handler)
# The last one is asked first.
app.add_middleware(StateUpdates)
app.add_middleware(Unread)
app.add_middleware(Bodies)
app.add_middleware(ThreadIds)
app.add_middleware(Public, configured=settings())
app.add_middleware(Meta, configured=settings())
app.add_middleware(Closed)
if settings().auth == "none":
    app.add_middleware(Origins, cors=cors_of(project_root()), host=settings().host)
app.add_middleware(Guards)
