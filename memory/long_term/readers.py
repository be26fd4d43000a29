"""Who reads and writes beside the owner: an agent, or another user. Spelled as the database is told of it.

An agent works for one user. What it may touch of that user's memories grants to it or its team say, its own rooms
(`agent_label` as a namespace's fourth label) aside; of anybody else's, grants to the user that it works for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from config.errors import UserError
from memory.namespaces import KEEPER, encode_label, owner_namespace

RESERVED: Final = ("grants", "subscriptions")
"""Third labels that no grant opens: who may read, and who is told, is the owner's own affair."""
ANY_KIND: Final = "*"


class NotGranted(UserError):  # noqa: N818 - what an agent or a person is told
    """A reader asked to write where no grant lets it."""


@dataclass(frozen=True)
class Reader:
    """For whom a store works. Without `agent` it is the user, who needs no grant for what is theirs."""

    user_id: str
    agent: str = ""
    teams: tuple[str, ...] = ()

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
        mine = [grantee("agent", self.agent)] if self.agent else []
        return (*mine, *(grantee("team", each) for each in self.teams))

    @property
    def setting(self) -> str:
        """What the database is told; no label holds a space."""
        words = (".".join(self.home), *self.names, grantee("user", self.user_id))
        return " ".join(words)


def grantee(sort: str, name: str) -> str:
    """Raises UserError on a name that names nobody."""
    return f"{sort}:{encode_label(name)}"


def room_of(namespace: Sequence[str]) -> tuple[str, str]:
    """(kind, keeper): the third label; and, spelled as a label, the agent whose own memory it is, or ""."""
    kind, keeper = (*namespace[2:4], "", "")[:2]
    return kind, keeper.removeprefix(KEEPER) if keeper.startswith(KEEPER) else ""
