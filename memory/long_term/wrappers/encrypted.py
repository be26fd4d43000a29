"""An encrypter around any store: values are sealed with a key per owner before they leave this process.

Sealed: values (AES-256-GCM, bound to owner, path and key), speakers' names (AES-SIV). As keyed tokens: words, the
names and contents of top-level fields, threads. In clear: namespaces and keys; when a memory was written, said, and
what time it is about; whether it was said by a user, an agent or a tool; sizes and counts; which memories of one
owner share a word, field or speaker. Vectors are in clear, too, and are a lossy copy of the text: whoever has them
and the embedding model can tell what a memory is about, and often reconstruct it roughly. So `destroy` deletes an
owner's vectors with the key; those in a backup stay what they are. See docs/encryption.md.
"""

import asyncio
import copy
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from langgraph.store.base import BaseStore, GetOp, Item, Op, PutOp, Result, SearchItem, SearchOp

from memory.long_term.ranking.document import Described, Document, document_of
from memory.long_term.rows.places import OWNER_LABELS, place_of
from memory.long_term.statements.began import age_s
from memory.long_term.statements.filters import conditions
from memory.long_term.statements.operations import (
    MAX_VALUE_BYTES,
    OPTIONS,
    cleaned,
    read_search,
    under_its_conditions,
)
from memory.long_term.wrappers.matching import matcher
from memory.long_term.wrappers.owner_key import OwnerKey, key_id_of
from memory.long_term.wrappers.owner_keys import Found, OwnerKeys
from memory.long_term.wrappers.sealed_error import SealedError
from memory.long_term.wrappers.sealed_filter import split
from memory.long_term.wrappers.wrapper import Wrapper

SEALED: Final = "$sealed"
MAX_OPENED: Final = 10_000
"""Memories that one search opens to hold them against a part of its filter that no token answers."""
MAX_SPEAKER_BYTES: Final = 200
TURN: Final = 200
"""Values that are opened before others of this process have their turn."""


class EncryptedStore(Wrapper):
    """Seals what is put into `inner`, and opens what comes out of it.

    `inner` keeps words and names through a KeyedLexicon over the same `keys`. `indexed` are the fields that are
    searched, as in LangGraph's IndexConfig. `filtered` are the top-level fields that have tokens, by default all;
    the fewer, the less is revealed and stored. A filter's equalities ($eq, $ne, $in, $nin, $exists) on these are
    answered by tokens; orders, dotted paths, parts of objects and searches across owners by opening what is in
    scope: at most MAX_OPENED memories, and by meaning or without a query alone. `read_plaintext`: for the time of
    a migration, values that were stored before are read as they are; what is put again is sealed.

    Raises SealedError on a value that was altered or moved, that is not sealed, or whose key was destroyed;
    UserError on a wrong master key; ValueError as the store within.
    """

    def __init__(
        self,
        inner: BaseStore,
        keys: OwnerKeys,
        *,
        indexed: Sequence[str] = ("$",),
        filtered: Collection[str] | None = None,
        read_plaintext: bool = False,
    ) -> None:
        super().__init__(inner)
        self.keys = keys
        self._indexed = list(indexed)
        self._filtered = filtered
        self._read_plaintext = read_plaintext

    async def setup(self) -> None:
        """Set up the store within, then the table of keys."""
        if callable(make := getattr(self.inner, "setup", None)):
            await make()
        await self.keys.setup()

    async def destroy(self, owner: Sequence[str]) -> dict[str, int]:
        """Make all that an owner, the first labels of a namespace, ever stored unreadable, in every copy.

        The key, the memories, their vectors and what they are found by are deleted; returns rows by table. (What a
        store within keeps outside Postgres stays there, sealed.) Another process may go on with the key for as long as
        OwnerKeys believes one (10 s): call it once more after that.
        """
        if not 1 <= len(owner) <= OWNER_LABELS:
            raise ValueError(
                f"An owner is the first {OWNER_LABELS} labels of a namespace, such as ('users', 'ana')."
            )
        counts = await self.keys.destroy(place_of(owner)[0])
        # A write, so that caches within this store forget what they hold of the owner.
        await self.inner.abatch([PutOp(tuple(owner), "destroyed", None)])
        return counts

    async def sealed(self, ops: Sequence[PutOp]) -> list[PutOp]:
        """Puts as the store within gets them, for memory.long_term.encrypting."""
        keys = await self.keys.made(dict.fromkeys((place_of(op.namespace)[0] for op in ops), 0.0))
        return [self._sealed(op, keys[place_of(op.namespace)[0]]) for op in ops]

    async def describe(self, items: Sequence[Item]) -> list[Document | None]:
        """What sealed items are found by, for memory.long_term.upkeep.reembed. Raises SealedError."""
        keys = await self._keys_that_open(items)
        described = []
        for item in items:
            opened, index = self._open(item, keys)
            op = PutOp(opened.namespace, opened.key, opened.value, cast(Any, index))
            document = document_of(op, self._indexed)
            key = keys.get(place_of(item.namespace)[0])
            described.append(_veiled(document, key) if key else document)
        return described

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        plain = [cleaned(op) for op in ops]
        wanted = [_wanted(op) if isinstance(op, SearchOp) else {} for op in plain]
        keys = await self._keys_for(plain)
        asked = [self._asked(op, each, keys) for op, each in zip(plain, wanted, strict=True)]
        with self.keys.lent(keys):
            results = await self.inner.abatch([each.op for each in asked])
        opened = await self._opened(results)
        chosen = [each.chosen(result) for each, result in zip(asked, opened, strict=True)]
        await self._renew(asked, chosen)
        return chosen

    async def _keys_for(self, ops: Sequence[Op]) -> Found:
        written: dict[str, float] = {}
        for op in ops:
            if isinstance(op, PutOp) and op.value is not None:
                whose = place_of(op.namespace)[0]
                written[whose] = max(written.get(whose, 0.0), age_s(op))
        searched = {owner for op in ops if isinstance(op, SearchOp) and (owner := _owner_of(op))}
        keys = await self.keys.made(written) | await self.keys.of(searched - written.keys())
        # Who has no key has no memory: a key that nobody has finds as much, and is never kept.
        return keys | {owner: OwnerKey.fresh(owner)[0] for owner in searched - keys.keys()}

    def _asked(self, op: Op, wanted: dict[str, Any], keys: Found) -> "_Asked":
        if isinstance(op, PutOp):
            return _Asked(op if op.value is None else self._sealed(op, keys[place_of(op.namespace)[0]]))
        if isinstance(op, SearchOp):
            return self._search(op, wanted, keys)
        return _Asked(op)

    def _sealed(self, op: PutOp, key: OwnerKey) -> PutOp:
        text = json.dumps([op.value, op.index or None], ensure_ascii=False, separators=(",", ":"))
        document = document_of(op, self._indexed)
        fields: dict[str, Any] = json.loads(text)[0]
        tokens = {
            key.field(name): key.value(name, each)
            for name, each in fields.items()
            if self._filtered is None or name in self._filtered
        }
        sealed = key.seal((place_of(op.namespace)[1], op.key), tokens, text)
        size = len(sealed) + sum(len(name) + len(token or "null") + 8 for name, token in tokens.items()) + 16
        if size > MAX_VALUE_BYTES:
            raise ValueError(
                f"A memory's value has {size:,} bytes when sealed; at most {MAX_VALUE_BYTES:,} are allowed."
            )
        value = Described(tokens | {SEALED: sealed}, _veiled(document, key))
        made = PutOp(op.namespace, op.key, value, None if document else False, op.ttl)
        return under_its_conditions(made, op)

    def _search(self, op: SearchOp, wanted: dict[str, Any], keys: Found) -> "_Asked":
        owner = _owner_of(op)
        key = None if owner is None or self._read_plaintext else keys[owner]
        tokens, rest = split(wanted, key, self._filtered)
        recipe = read_search(op).recipe.name
        if op.query and recipe != "vector" and (rest or owner is None):
            raise ValueError(
                f"An encrypted store can search by {recipe!r} within one owner alone, and with a filter of equalities "
                "on top-level fields; name the owner, or search by 'vector'."
            )
        options = {name: op.filter[name] for name in OPTIONS if op.filter and name in op.filter}
        inner = op._replace(filter=tokens | options or None)
        if not rest:
            return _Asked(inner)
        return _Asked(inner._replace(limit=MAX_OPENED + 1, offset=0, refresh_ttl=False), op, rest)

    async def _renew(self, asked: Sequence["_Asked"], chosen: Sequence[Result]) -> None:
        """What was found among more than was asked for could not be renewed as it was read."""
        gets = [
            GetOp(item.namespace, item.key, each.original.refresh_ttl)
            for each, found in zip(asked, chosen, strict=True)
            if each.original is not None and each.original.refresh_ttl
            for item in cast(list[SearchItem], found)
        ]
        if gets and self.supports_ttl:
            await self.inner.abatch(gets)

    async def _opened(self, results: Sequence[Result]) -> list[Result]:
        items = [item for result in results for item in _items_of(result)]
        keys = await self._keys_that_open(items)
        opened: dict[int, Item] = {}
        for number, item in enumerate(items, start=1):
            opened[id(item)] = self._open(item, keys)[0]
            if number % TURN == 0:
                await asyncio.sleep(0)
        return [_with(result, opened) for result in results]

    async def _keys_that_open(self, items: Sequence[Item]) -> Found:
        ids = {
            (place_of(item.namespace)[0], key_id_of(sealed)) for item in items if (sealed := _sealed_in(item))
        }
        keys = await self.keys.of({owner for owner, _ in ids})
        # Destroyed and made anew by another process, perhaps.
        other = {owner for owner, key_id in ids if owner not in keys or keys[owner].id != key_id}
        return keys | await self.keys.of(other, fresh=True) if other else keys

    def _open(self, item: Item, keys: Found) -> tuple[Item, list[str] | None]:
        """The item with its value, and the fields that it was put to be found by, where these are its own."""
        owner, path = place_of(item.namespace)
        sealed = _sealed_in(item)
        if sealed is None:
            if self._read_plaintext:
                return item, None
            raise SealedError(
                f"The memory {item.key!r} is not sealed, though this store holds sealed ones alone: stop what writes "
                "in clear, and run `mnemograph encrypt`."
            )
        key = keys.get(owner)
        if key is None or key.id != key_id_of(sealed):
            raise SealedError(
                f"The memory {item.key!r} cannot be read any more: the key of its owner was destroyed."
            )
        tokens = {name: token for name, token in item.value.items() if name != SEALED}
        made = copy.copy(item)
        made.value, index = json.loads(key.open((path, item.key), tokens, sealed))
        return made, index


@dataclass(frozen=True)
class _Asked:
    """What is asked of the store within; and, where that is more than was wanted, how the rest is told apart."""

    op: Op
    original: SearchOp | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)

    def chosen(self, result: Result) -> Result:
        if self.original is None:
            return result
        found = cast(list[SearchItem], result)
        if len(found) > MAX_OPENED:
            raise ValueError(
                f"This filter has to be held against more than {MAX_OPENED:,} sealed memories: name a longer "
                "namespace, or filter by equality on top-level fields of one owner."
            )
        matches = matcher(self.rest)
        kept = [item for item in found if matches(item.value)]
        return kept[self.original.offset :][: self.original.limit]


def _wanted(op: SearchOp) -> dict[str, Any]:
    """A search's filter without its options. Raises ValueError on one that cannot be meant."""
    found = read_search(op).op.filter or {}
    conditions(found)
    return found


def _owner_of(op: SearchOp) -> str | None:
    """None when a search is across owners."""
    return place_of(op.namespace_prefix)[0] if len(op.namespace_prefix) >= OWNER_LABELS else None


def _veiled(document: Document | None, key: OwnerKey) -> Document | None:
    """What the store is told of a document: its views and words are not stored as they are, the rest would be."""
    if document is None:
        return None
    name = (document.speaker or "").encode()[:MAX_SPEAKER_BYTES].decode(errors="ignore")
    thread = None if document.thread is None else key.thread(document.thread)
    return replace(document, speaker=key.name(name) if name else None, thread=thread)


def _sealed_in(item: Item) -> str | None:
    sealed = item.value.get(SEALED)
    return sealed if isinstance(sealed, str) else None


def _items_of(result: Result) -> list[Item]:
    listed: list[Any] = result if isinstance(result, list) else [result]
    return [item for item in listed if isinstance(item, Item)]


def _with(result: Result, opened: Mapping[int, Item]) -> Any:
    if isinstance(result, list):
        return [opened.get(id(item), item) for item in result]
    return opened.get(id(result), result)
