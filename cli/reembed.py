"""`mnemograph reembed`: change the embedding model under the memories that are there."""

from cli.console import out, plain
from cli.progress import progress
from config.errors import UserError
from config.settings import Settings
from memory.embeddings.checked import CheckedEmbeddings, EmbeddingError
from memory.long_term.factory import INDEXED_FIELDS, embeddings_from, store_pool
from memory.long_term.language.lexemes import OpenLexicon
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.spaces import Model, space_of
from memory.long_term.sealing import owner_keys
from memory.long_term.upkeep.reembed import Describe, Result, forget_others, reembed
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.long_term.upkeep.takeover import Target, take_over
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.postgres.errors import place_name
from memory.postgres.pool import Pool


async def reembed_all(configured: Settings, *, forget_old: bool) -> int:
    """Give every memory the configured model's vectors, then let them serve."""
    if configured.store != "postgres":
        raise UserError("MNEMOGRAPH_STORE is 'memory', which keeps nothing: there is nothing to embed anew.")
    embeddings = embeddings_from(configured)
    try:
        async with store_pool(configured) as (pool, address):
            await set_up_tables(pool)
            keys = await owner_keys(configured, pool, place_name(address))
            sealed = EncryptedStore(PostgresStore(pool), keys, indexed=INDEXED_FIELDS) if keys else None
            result = await _with_progress(pool, embeddings, sealed.describe if sealed else None)
            out.print(
                f"{result.memories} memories embedded by {plain(result.space.model)} ({result.space.dims} dimensions), "
                "whose vectors serve now. Restart running servers with the same MNEMOGRAPH_EMBEDDINGS: until then "
                "they find by their old vectors, and what they should remember waits.",
                soft_wrap=True,
            )
            if forget_old:
                gone = await forget_others(pool)
                named = ", ".join(plain(f"{space.model} ({space.dims})") for space in gone)
                out.print(f"Deleted the vectors of {named or 'no other model'}.", soft_wrap=True)
    except EmbeddingError as error:
        raise UserError(
            f"{str(error).rstrip('.')}: run `mnemograph reembed` again, which goes on where this one ended."
        ) from error
    finally:
        embeddings.close()
    return 0


async def _with_progress(pool: Pool, embeddings: CheckedEmbeddings, describe: Describe | None) -> Result:
    dims = await embeddings.prepare()
    with progress() as bar:
        space = await space_of(pool, Model(embeddings.name, dims, embeddings))
        if space.active:
            taking = bar.add_task("taking over", total=None)
            target = Target(embeddings, INDEXED_FIELDS, space, OpenLexicon())
            await take_over(pool, target, lambda more: bar.update(taking, advance=more))
        task = bar.add_task("embedding", total=None)
        return await reembed(
            pool,
            embeddings,
            model=embeddings.name,
            dims=dims,
            fields=INDEXED_FIELDS,
            describe=describe,
            on_total=lambda total: bar.update(task, total=total),
            on_done=lambda more: bar.update(task, advance=more),
        )
