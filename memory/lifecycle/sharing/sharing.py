"""The memories of others as a store: what an agent is given to read and write with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from memory.lifecycle.sharing.grants import Action, Grant, allows, asking, read
from memory.long_term.rows.places import OWNER_LABELS
from memory.long_term.rows.readers import RESERVED, NotGranted, Reader, grantee, room_of
from memory.long_term.wrappers.scopes import Owner, is_write, owner_of, read_owner
from memory.long_term.wrappers.wrapper import Wrapper, view_for
from memory.namespaces import decode_label

MOST: Final = 10_000
"""Rows that a store without row policies is asked for, to leave out those that are not granted."""

Granted = Mapping[Owner, Sequence[Grant]]


class SharedStore(Wrapper):
    """A store as `reader` may see and write it. What no grant opens is not there; writing it raises NotGranted.

    Our own store enforces that in its queries (memory.long_term.rows.row_grants). Of any other the grants are read in
    the batch that reads the memories, and what they do not open is left out here. A grant that ended holds no more at
    the next call.
    """

    def __init__(
        self, inner: BaseStore, reader: Reader, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(inner)
        self.reader = reader
        self._view = view_for(inner, reader)
        self._clock = clock

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        # A row policy refuses a put; what a delete may not see, it only does not find.
        await self._check(
            [op for op in ops if isinstance(op, PutOp) and (self._view is None or op.value is None)]
        )
        if self._view is not None:
            return await self._view.abatch(ops)
        return await self._by_grants(ops)

    async def _check(self, writes: Sequence[PutOp]) -> None:
        places = {tuple(op.namespace) for op in writes if not self._is_open({}, op.namespace, Action.WRITE)}
        owners = list({owner_of(place) for place in places})
        found = await self.inner.abatch([asking(owner) for owner in owners]) if owners else []
        granted = {owner: read(items) for owner, items in zip(owners, cast(Any, found), strict=True)}
        for place in places:
            if not self._is_open(granted, place, Action.WRITE):
                kind, keeper = room_of(place)
                whose = f"the agent {decode_label(keeper)}'s own" if keeper else "these"
                raise NotGranted(
                    f"No grant lets {self.reader.label} write {whose} {kind or 'other'} memories: their owner can "
                    "give one."
                )

    async def _by_grants(self, ops: list[Op]) -> list[Result]:
        owners = list(
            {owner for op in ops if not is_write(op) and (owner := read_owner(op))} | {self.reader.home}
        )
        by_name = SearchOp(
            (), filter={"grantee": grantee("user", self.reader.user_id)}, limit=MOST, refresh_ttl=False
        )
        asked = [_wider(op) for op in ops]
        results = await self.inner.abatch([*asked, *(asking(owner) for owner in owners), by_name])
        listed = cast(list[list[SearchItem]], results[len(ops) :])
        granted: dict[Owner, list[Grant]] = {}
        for item in (each for items in listed for each in items if room_of(each.namespace)[0] == RESERVED[0]):
            granted.setdefault(owner_of(item.namespace), []).extend(read([item]))
        return [self._left(op, result, granted) for op, result in zip(ops, results, strict=False)]

    def _left(self, op: Op, result: Result, granted: Granted) -> Any:
        """What of a result is open."""
        if isinstance(op, GetOp):
            return result if isinstance(result, Item) and self._is_open(granted, result.namespace) else None
        if isinstance(op, SearchOp):
            items = [
                item for item in cast(list[SearchItem], result) if self._is_open(granted, item.namespace)
            ]
            return items[op.offset :][: op.limit]
        if isinstance(op, ListNamespacesOp):
            places = [place for place in cast(list[tuple[str, ...]], result) if self._is_open(granted, place)]
            shown = list(dict.fromkeys(place[: op.max_depth] for place in places))
            return shown[op.offset :][: op.limit]
        return result

    def _is_open(self, granted: Granted, place: Sequence[str], action: Action = Action.READ) -> bool:
        return is_open(granted.get(owner_of(tuple(place)), ()), self.reader, place, action, self._clock())


def is_open(
    grants: Sequence[Grant],
    reader: Reader,
    namespace: Sequence[str],
    action: Action,
    now: datetime,
) -> bool:
    """Whether the reader may do this there, by what the namespace's owner has granted. Pure.

    Grants to an agent or a team hold where it works for their owner, those to a user wherever that user's agents ask.
    """
    kind, keeper = room_of(namespace)
    at_home = tuple(namespace[:OWNER_LABELS]) == reader.home
    if at_home and not reader.agent:
        return True
    if kind in RESERVED:
        return False
    if at_home and keeper and decode_label(keeper) == reader.agent:
        return True
    names = (*(reader.names if at_home else ()), *reader.anywhere)
    return allows(grants, names, kind, action, now, keeper=decode_label(keeper))


def _wider(op: Op) -> Op:
    if isinstance(op, SearchOp):
        return op._replace(offset=0, limit=MOST)
    if isinstance(op, ListNamespacesOp):
        return op._replace(offset=0, limit=MOST, max_depth=None)
    return op
