"""Who reads and writes beside the owner: an agent, or another user. Spelled as the database is told of it.

An agent works for one user. What it may touch of that user's memories grants to it or its team say, its own room
(memory.namespaces) aside; of anybody else's, grants to the user that it works for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from config.errors import UserError
from memory.namespaces import encode_label, is_in_a_room, owner_namespace

RESERVED: Final = ("grants", "subscriptions")
"""Kinds that no grant opens: who may read, and who is told, is the owner's own affair."""
BOOKS: Final = ("decisions", "pending", "uses")
"""Kinds that come with the right to write any other: what whoever remembers a turn keeps of its work."""
ANY_KIND: Final = "*"


class NotGranted(UserError):  # noqa: N818 - what an agent or a person is told
    """A reader asked to write where no grant lets it."""


@dataclass(frozen=True)
class Reader:
    """For whom a store works. Without `agent` it is the user, who needs no grant for what is theirs."""

    user_id: str
    agent: str = ""
    teams: tuple[str, ...] = ()
    alone: bool = False
    """In its own room, whatever it is granted."""

    @property
    def home(self) -> tuple[str, ...]:
        """The owner that it works for."""
        return owner_namespace(self.user_id)

    @property
    def label(self) -> str:
        """As memories and grants name it: "agent:planner" or "user:ana"."""
        return grantee("agent", self.agent) if self.agent else grantee("user", self.user_id)

    @property
    def names(self) -> tuple[str, ...]:
        """The grantees that it stands for where it is at home."""
        if self.alone:
            return ()
        mine = [grantee("agent", self.agent)] if self.agent else []
        return (*mine, *(grantee("team", each) for each in self.teams))

    @property
    def anywhere(self) -> tuple[str, ...]:
        """The grantee that it stands for wherever it asks."""
        return () if self.alone else (grantee("user", self.user_id),)

    @property
    def setting(self) -> str:
        """What the database is told; no label holds a space."""
        words = [".".join(self.home), *self.names, *self.anywhere]
        if self.agent:
            words.append(grantee("room", self.agent))
        return " ".join(words)


def grantee(sort: str, name: str) -> str:
    """Raises UserError on a name that names nobody."""
    return f"{sort}:{encode_label(name)}"


def room_of(namespace: Sequence[str]) -> tuple[str, str]:
    """(kind, keeper): what sort of memory; and, spelled as a label, the agent whose room it is in, or ""."""
    if is_in_a_room(namespace):
        keeper, kind = (*namespace[3:5], "", "")[:2]
        return kind, keeper
    return (*namespace[2:3], "")[0], ""
