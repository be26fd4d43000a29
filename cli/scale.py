"""`mnemograph scale`: what it takes to serve more than one machine holds."""

from cli.console import out
from config.errors import UserError
from config.settings import Settings
from memory.long_term.factory import store_pool
from memory.long_term.rows.scale import layout, plan


async def show_plan(configured: Settings) -> int:
    """Print, and run nothing."""
    if configured.store != "postgres":
        raise UserError("MNEMOGRAPH_STORE is 'memory', which no cluster holds: set it to postgres.")
    async with store_pool(configured) as (pool, _):
        out.print(plan(*await layout(pool)), markup=False, soft_wrap=True, end="")
    return 0
