"""Who may read or write whose memories, of which kinds and until when: a pure rule. Grants are items of the owner.

A grant lies under (<owner>, "grants") and is spelled whole in its key, which Postgres reads
(memory.long_term.rows.row_grants) and an encrypter leaves in clear. An export takes it along, and erasing the owner
ends it.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self, cast

from langgraph.store.base import BaseStore, PutOp, SearchItem, SearchOp

from config.errors import UserError
from memory.long_term.rows.readers import ANY_KIND, BOOKS, RESERVED, grantee
from memory.namespaces import Namespace, decode_label, encode_label, owner_namespace

MAX_GRANTS: Final = 1_000
SORTS: Final = ("agent", "team", "user")
_KEY: Final = re.compile(r"([a-z]+:[^/]+)/([^/]+)?/([^/]+)/(read|write)/(\d{1,15})")


class Action(StrEnum):
    """Who may write may read as well."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class Grant:
    """`grantee` as memory.long_term.rows.readers spells it; `keeper`: of which agent's own memory, or "" of the user's.

    `kinds` are third labels of a namespace, or ANY_KIND alone. It holds before `until`, in whole milliseconds.
    """

    grantee: str
    kinds: tuple[str, ...]
    action: Action = Action.READ
    until: datetime | None = None
    keeper: str = ""

    @property
    def key(self) -> str:
        keeper = encode_label(self.keeper) if self.keeper else ""
        kinds = ANY_KIND if ANY_KIND in self.kinds else "+".join(map(encode_label, sorted(set(self.kinds))))
        until = 0 if self.until is None else _milliseconds(self.until)
        return f"{self.grantee}/{keeper}/{kinds}/{self.action.value}/{until}"

    @classmethod
    def from_key(cls, key: str) -> Self | None:
        """None for what another program put there."""
        found = _KEY.fullmatch(key)
        if found is None or found[1].split(":")[0] not in SORTS:
            return None
        kinds = (ANY_KIND,) if found[3] == ANY_KIND else tuple(map(decode_label, found[3].split("+")))
        until = datetime.fromtimestamp(int(found[5]) / 1000, UTC) if int(found[5]) else None
        return cls(found[1], kinds, Action(found[4]), until, decode_label(found[2] or ""))

    @property
    def who(self) -> str:
        """The grantee for people: "The agent planner"."""
        sort, label = self.grantee.split(":", 1)
        return f"The {sort} {decode_label(label)}"

    @property
    def sentence(self) -> str:
        """The grant for people."""
        whose = f"the agent {self.keeper}'s own" if self.keeper else "the user's"
        does = "read and write" if self.action is Action.WRITE else "read"
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.who} may {does} {whose} {', '.join(self.kinds)} memories{until}."

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    def shown(self, now: datetime) -> dict[str, Any]:
        """The grant for machines."""
        return {**self.to_value(), "holds": self.holds(now)}

    def to_value(self) -> dict[str, Any]:
        return {
            "grantee": self.grantee,
            "of": self.keeper,
            "kinds": list(self.kinds),
            "action": self.action.value,
            "until": self.until.isoformat() if self.until else None,
        }


def allows(
    grants: Iterable[Grant],
    grantees: Collection[str],
    kind: str,
    action: Action,
    now: datetime,
    *,
    keeper: str = "",
) -> bool:
    """Whether one of the grants holds now for one of the grantees, for this kind of what this keeper has. Pure."""
    if kind in RESERVED:
        return False
    return any(
        each.grantee in grantees
        and each.keeper == keeper
        and (kind in each.kinds or ANY_KIND in each.kinds or (kind in BOOKS and each.action is Action.WRITE))
        and (each.action is Action.WRITE or action is Action.READ)
        and each.holds(now)
        for each in grants
    )


def grants_namespace(owner: Sequence[str]) -> Namespace:
    return (*owner, RESERVED[0])


def parsed_grantee(given: str) -> str:
    """As grants spell it, from "agent:planner". Raises UserError."""
    sort, colon, name = given.partition(":")
    if sort not in SORTS or not colon:
        raise UserError(
            f"{given[:64]!r} names nobody: write agent:<name>, team:<name> or user:<id>, such as agent:planner."
        )
    return grantee(sort, name)


def checked(grant: Grant, now: datetime) -> Grant:
    """Raises UserError on one that could never hold."""
    if not grant.kinds or any(kind in RESERVED for kind in grant.kinds):
        raise UserError(
            f"A grant is for kinds of memories, such as semantic; {', '.join(RESERVED)} are the owner's."
        )
    if grant.until is not None and grant.until <= now:
        raise UserError(f"A grant until {grant.until:%Y-%m-%d %H:%M} is over already: name a later time.")
    made = Grant.from_key(grant.key)
    if made is None:
        raise UserError(f"{grant.grantee[:64]!r} names nobody: write agent:<name>, team:<name> or user:<id>.")
    return made


def asking(owner: Sequence[str]) -> SearchOp:
    """The read of an owner's grants, for a batch."""
    return SearchOp(grants_namespace(owner), limit=MAX_GRANTS, refresh_ttl=False)


def read(items: Iterable[SearchItem]) -> list[Grant]:
    return [grant for item in items if (grant := Grant.from_key(item.key)) is not None]


async def grants_of(store: BaseStore, user_id: str) -> list[Grant]:
    """All that a user has granted, those that are over included, by grantee."""
    [found] = cast(list[list[SearchItem]], await store.abatch([asking(owner_namespace(user_id))]))
    return sorted(read(found), key=lambda grant: grant.key)


async def give(store: BaseStore, user_id: str, grant: Grant, now: datetime) -> Grant:
    """Grant it, in the place of one to the same grantee for the same that had another end. Raises UserError."""
    made = checked(grant, now)
    before = await grants_of(store, user_id)
    if len(before) >= MAX_GRANTS:
        raise UserError(f"There are {len(before):,} grants already, which is the most: revoke some first.")
    old = [each for each in before if replace(each, until=None) == replace(made, until=None) and each != made]
    await store.abatch([*(_gone(user_id, each) for each in old), _put(user_id, made)])
    return made


async def revoke(
    store: BaseStore,
    user_id: str,
    grantee: str,
    kinds: Collection[str] = (),
    keeper: str | None = None,
) -> list[Grant]:
    """End what the grantee was granted, of these kinds alone where some are named; returns what it was.

    Raises UserError where there is a grant for every kind, of which single ones cannot be taken out.
    """
    ended, ops = [], []
    for each in await grants_of(store, user_id):
        touched = not kinds or ANY_KIND in each.kinds or bool(set(kinds) & set(each.kinds))
        if each.grantee != grantee or keeper not in (None, each.keeper) or not touched:
            continue
        if kinds and ANY_KIND in each.kinds:
            raise UserError(f"{each.who} was granted every kind: revoke it whole.")
        ended.append(each)
        ops.append(_gone(user_id, each))
        if kinds and (rest := tuple(kind for kind in each.kinds if kind not in kinds)):
            ops.append(_put(user_id, replace(each, kinds=rest)))
    if ops:
        await store.abatch(ops)
    return ended


def _put(user_id: str, grant: Grant) -> PutOp:
    return PutOp(grants_namespace(owner_namespace(user_id)), grant.key, grant.to_value(), index=False)


def _gone(user_id: str, grant: Grant) -> PutOp:
    return PutOp(grants_namespace(owner_namespace(user_id)), grant.key, None)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
