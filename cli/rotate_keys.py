"""`mnemograph rotate-keys`: bring conversations and owners' keys under the newest master key of the settings."""

from redis.exceptions import RedisError

from cli.console import out
from cli.progress import progress
from config.errors import UserError
from config.settings import Settings
from memory.long_term.factory import store_pool
from memory.long_term.sealing import owner_keys
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.postgres.errors import place_name
from memory.redis_place import redis_place
from memory.short_term.factory import state_parts, threads_pool, threads_redis
from memory.short_term.postgres.reseal import reseal
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.redis import reseal as redis_reseal
from memory.short_term.redis.away import RedisAwayError
from memory.short_term.redis.server import unusable
from memory.short_term.sealed.passes import Heard, UnreadPartsError
from memory.short_term.sealed.sealed_state import SealedState


async def rotate_keys(configured: Settings) -> int:
    """Seal conversations anew, wrap owners' keys anew; the older master keys are not needed after it."""
    newest = list(configured.master_keys())[-1:]
    if not newest:
        raise UserError(
            "MNEMOGRAPH_ENCRYPTION_KEYS is empty: set it to the keys in use and the new one, the newest last."
        )
    try:
        parts = await seal_conversations(configured, read_clear=configured.read_clear_state)
    except UnreadPartsError:
        await _wrap_anew(configured)  # what is damaged there hinders nothing here
        raise
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
    _, state = state_parts(configured.model_copy(update={"read_clear_state": read_clear}))
    if state is None or where == "memory":
        return 0
    with progress() as bar:
        task = bar.add_task("conversations", total=None)
        heard = {
            "on_total": lambda total: bar.update(task, total=total),
            "on_done": lambda more: bar.update(task, advance=more),
        }
        if where != "postgres":
            return await _seal_in_redis(where, configured, state, heard)
        async with threads_pool(configured) as (pool, _):
            await PostgresSaver(pool).setup()
            return await reseal(pool, state, **heard)


async def _seal_in_redis(
    where: str, configured: Settings, state: SealedState, heard: dict[str, Heard]
) -> int:
    try:
        async with threads_redis(where, configured) as (client, found):
            return await redis_reseal.reseal(client, state, modules=found.modules, **heard)
    except (RedisError, RedisAwayError, OSError) as error:
        raise unusable(redis_place(where, "MNEMOGRAPH_CHECKPOINTER"), error) from error


async def _wrap_anew(configured: Settings) -> int:
    if configured.store != "postgres":
        return 0
    async with store_pool(configured) as (pool, address):
        await set_up_tables(pool)
        # Memories in clear are `mnemograph encrypt`'s affair, and hinder nothing here.
        keys = await owner_keys(configured, pool, place_name(address), sealing=True)
        return await keys.rewrap() if keys else 0
