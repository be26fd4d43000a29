"""The HTTP app beside the graphs: langgraph.json mounts it into the LangGraph server."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI

from config.lifeline import hold_on
from config.settings import settings
from config.tracing import flush, install_tracing
from server.grants import router as grants_router
from server.public import Public
from server.recovery import Recovery
from server.state_updates import StateUpdates
from server.thread_ids import ThreadIds
from server.timeline import router

OURS = ("config", "memory", "agents", "graphs", "server")


@contextlib.asynccontextmanager
async def lifespan(served: FastAPI) -> AsyncIterator[None]:
    """What this process does beside answering."""
    hold_on()
    configured = settings()
    for name in OURS:
        logging.getLogger(name).setLevel(configured.log_level.upper())
    await asyncio.to_thread(install_tracing, configured)
    recovery = asyncio.create_task(Recovery(served, configured).run())
    try:
        yield
    finally:
        recovery.cancel()
        await asyncio.gather(recovery, return_exceptions=True)
        await asyncio.to_thread(flush)


app = FastAPI(title="Mnemograph", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
# One by one: LangGraph's server wraps each route, and cannot wrap a router that FastAPI includes.
app.router.routes.extend([*router.routes, *grants_router.routes])
app.add_middleware(StateUpdates)
app.add_middleware(ThreadIds)
app.add_middleware(Public, configured=settings())
