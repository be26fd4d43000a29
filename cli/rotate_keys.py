"""`mnemograph rotate-keys`: bring conversations and owners' keys under the newest master key of the settings."""

from cli.console import err, out
from cli.progress import progress
from config.errors import UserError
from config.settings import Settings
from memory.long_term.factory import store_pool
from memory.long_term.sealing import owner_keys
from memory.long_term.setting_up import set_up_tables
from memory.postgres.errors import place_name
from memory.short_term.factory import state_parts, threads_pool
from memory.short_term.postgres_reseal import reseal
from memory.short_term.postgres_saver import PostgresSaver


async def rotate_keys(configured: Settings) -> int:
    """Seal conversations anew, wrap owners' keys anew; the older master keys are not needed after it."""
    newest = list(configured.master_keys())[-1:]
    if not newest:
        raise UserError(
            "MNEMOGRAPH_ENCRYPTION_KEYS is empty: set it to the keys in use and the new one, the newest last."
        )
    parts = await seal_conversations(configured, read_clear=configured.read_clear_state)
    wrapped = await _wrap_anew(configured)
    out.print(
        f"{parts} parts of conversations sealed and {wrapped} owners' keys wrapped with the master key {newest[0]!r}. "
        "Older ones are needed for backups alone.",
        markup=False,
        soft_wrap=True,
    )
    return 0


async def seal_conversations(configured: Settings, *, read_clear: bool) -> int:
    """Seal what is not sealed under the newest key; how many rows. What is in clear is refused unless `read_clear`."""
    where = configured.checkpointer.get_secret_value()
    if where != "postgres":
        if where != "memory":
            err.print(
                "[yellow]Conversations in Redis stay under the keys that they were sealed with: keep those in "
                "MNEMOGRAPH_ENCRYPTION_KEYS for as long as such conversations live.[/]",
                soft_wrap=True,
            )
        return 0
    _, state = state_parts(configured.model_copy(update={"read_clear_state": read_clear}))
    if state is None:
        return 0
    async with threads_pool(configured) as (pool, _):
        await PostgresSaver(pool).setup()
        with progress() as bar:
            task = bar.add_task("conversations", total=None)
            return await reseal(
                pool,
                state,
                on_total=lambda total: bar.update(task, total=total),
                on_done=lambda more: bar.update(task, advance=more),
            )


async def _wrap_anew(configured: Settings) -> int:
    if configured.store != "postgres":
        return 0
    async with store_pool(configured) as (pool, address):
        await set_up_tables(pool)
        # Memories in clear are `mnemograph encrypt`'s affair, and hinder nothing here.
        keys = await owner_keys(configured, pool, place_name(address), sealing=True)
        return await keys.rewrap() if keys else 0
