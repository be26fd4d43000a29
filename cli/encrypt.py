"""`mnemograph encrypt`: make all that is there agree with the master keys of the settings."""

from cli.console import out
from cli.progress import progress
from cli.rotate_keys import seal_conversations
from config.errors import UserError
from config.settings import Settings
from memory.long_term.encrypting import encrypt
from memory.long_term.factory import INDEXED_FIELDS, store_pool
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.sealing import owner_keys
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.long_term.upkeep.takeover import left_over
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.postgres.errors import place_name


async def encrypt_all(configured: Settings) -> int:
    """Seal every memory and conversation that is in clear, and wrap every owner's key with the newest master key."""
    if not configured.master_keys():
        raise UserError(
            "MNEMOGRAPH_ENCRYPTION_KEYS is empty: set it to id:key, with a key of `openssl rand -base64 32`."
        )
    async with store_pool(configured) as (pool, address):
        await set_up_tables(pool)
        if await left_over(pool):
            raise UserError(
                "This database holds the tables of LangGraph's own store: start once without "
                "MNEMOGRAPH_ENCRYPTION_KEYS, which takes them over, and run `mnemograph encrypt` then."
            )
        keys = await owner_keys(configured, pool, place_name(address), sealing=True)
        if keys is None:
            return 0
        store = EncryptedStore(PostgresStore(pool), keys, indexed=INDEXED_FIELDS)
        with progress() as bar:
            task = bar.add_task("sealing", total=None)
            sealed = await encrypt(
                pool,
                store,
                on_total=lambda total: bar.update(task, total=total),
                on_done=lambda more: bar.update(task, advance=more),
            )
        wrapped = await keys.rewrap()
    parts = await seal_conversations(configured, read_clear=True)
    out.print(
        f"{sealed} memories sealed, {wrapped} owners' keys wrapped with the newest master key, {parts} parts of "
        "conversations sealed. Old values are still in backups, in Postgres's log, and in its files until VACUUM FULL.",
        soft_wrap=True,
    )
    return 0
