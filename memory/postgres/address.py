"""Which Postgres: the one in the settings, or the embedded one in the data folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.settings import Settings
from memory.postgres.embedded import embedded_postgres


@asynccontextmanager
async def postgres_address(settings: Settings) -> AsyncIterator[str]:
    """The address to connect to; an embedded server runs at least as long as the block."""
    given = settings.postgres.get_secret_value()
    if given != "embedded":
        yield given
        return
    async with embedded_postgres(settings.data_path) as address:
        yield address
