"""What a store, with all its wrappers, keeps of an owner: counted by place, and erased from each."""

from collections.abc import Iterator

from langgraph.store.base import BaseStore, Item, PutOp

from memory.embeddings.checked import CheckedEmbeddings
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.rows.owned import delete, held, vacuum
from memory.long_term.rows.places import place_of
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.scopes import Owner
from memory.long_term.wrappers.wrapper import Wrapper
from memory.postgres.retry import once_more

QUEUE = "write queue"
CACHE = "cache"
ITEMS = "items"
PAGE = 500


def layers_of(store: BaseStore) -> Iterator[BaseStore]:
    """The store and those within it, the outermost first."""
    yield store
    while isinstance(store, Wrapper):
        store = store.inner
        yield store


def postgres_in(store: BaseStore) -> PostgresStore | None:
    """The store on Postgres among its layers, if there is one."""
    return next((layer for layer in layers_of(store) if isinstance(layer, PostgresStore)), None)


async def held_by(store: BaseStore, owner: Owner) -> dict[str, int]:
    """By place, how much of the owner's is there; rows by table where it is Postgres."""
    counts: dict[str, int] = {}
    for layer in layers_of(store):
        if isinstance(layer, BatchedStore):
            counts[QUEUE] = layer.waiting_of(owner)
        elif isinstance(layer, CachedStore):
            counts[CACHE] = await layer.kept_of(owner)
        elif isinstance(layer, PostgresStore):
            counts |= await held(layer.pool, place_of(owner)[0])
        elif not isinstance(layer, Wrapper):
            counts[ITEMS] = await _count(layer, owner)
    return counts


async def erase_from(store: BaseStore, owner: Owner) -> None:
    """Delete all of it, with the owner's key; what began before is refused from then on, where it is our store.

    Twice is fine. Raises what Postgres and a cache raise; then it is to be called again.
    """
    # What waits is written first: not every store refuses it afterwards.
    await _drain(store, owner)
    keys = next((layer.keys for layer in layers_of(store) if isinstance(layer, EncryptedStore)), None)
    for layer in layers_of(store):
        if isinstance(layer, PostgresStore) and keys is None:
            await once_more(lambda pool=layer.pool: delete(pool, place_of(owner)[0]))  # type: ignore[misc]
        elif isinstance(layer, PostgresStore) and keys is not None:
            await keys.destroy(place_of(owner)[0])
        elif not isinstance(layer, Wrapper):
            await _empty(layer, owner)
    await _drain(store, owner)
    # A write, so that caches forget what they hold, in every process.
    await store.abatch([PutOp(owner, "erased", None)])
    await _drain(store, owner)
    for layer in layers_of(store):
        if isinstance(layer, CachedStore):
            await layer.forget(owner)
        elif isinstance(layer, PostgresStore) and isinstance(layer.embeddings, CheckedEmbeddings):
            layer.embeddings.clear_cache()
    postgres = postgres_in(store)
    if postgres is not None:
        await vacuum(postgres.pool, place_of(owner)[0])


async def _drain(store: BaseStore, owner: Owner) -> None:
    for layer in layers_of(store):
        if isinstance(layer, BatchedStore):
            await layer.drain(owner)


async def _page(store: BaseStore, owner: Owner) -> list[Item]:
    return list(await store.asearch(owner, limit=PAGE, refresh_ttl=False))


async def _count(store: BaseStore, owner: Owner) -> int:
    count = 0
    while page := await store.asearch(owner, limit=PAGE, offset=count, refresh_ttl=False):
        count += len(page)
    return count


async def _empty(store: BaseStore, owner: Owner) -> None:
    while page := await _page(store, owner):
        await store.abatch([PutOp(item.namespace, item.key, None) for item in page])
