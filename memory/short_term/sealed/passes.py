"""Sealing conversations anew goes over them until nothing is left: others write meanwhile."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

from config.errors import UserError
from memory.short_term.sealed.envelope import UnreadableStateError
from memory.text import shorten

PASSES: Final = 5
NAMED: Final = 3
LONGEST_NAME: Final = 120
NOT_OURS: Final = "What stands there is nothing that a checkpointer wrote."

Heard = Callable[[int], None]


def unheard(_: int) -> None:
    """Nobody wants to know."""


class UnreadPartsError(UnreadableStateError):
    """What could be read is sealed under the newest key, and something else could not be read."""


class Unread:
    """What could not be read stays as it was and hinders nothing else; the end tells of it."""

    def __init__(self) -> None:
        self._places: dict[str, None] = {}
        self._why = ""

    @contextmanager
    def left(self, place: str) -> Iterator[None]:
        """What is read in here stands at `place`; what is wrong with it is noted, and not raised."""
        try:
            yield
        except (UnreadableStateError, ValueError, LookupError, TypeError, AttributeError) as error:
            said = error.sentence if isinstance(error, UserError) else NOT_OURS
            self._why = self._why or said
            self._places[place] = None

    def tell(self) -> None:
        """Raises UnreadPartsError unless all was read."""
        if not self._places:
            return
        named = "; ".join(shorten(place, LONGEST_NAME) for place in islice(self._places, NAMED))
        more = "; …" if len(self._places) > NAMED else ""
        raise UnreadPartsError(
            f"{len(self._places)} of the parts of conversations could not be read and did not change ({named}{more}); "
            "the others are sealed under the newest key. Keep the older keys until these are restored or deleted. The "
            f"first: {self._why}"
        )


async def in_passes(once: Callable[[Unread], Awaitable[tuple[int, int]]]) -> int:
    """How many parts were sealed. `once` tells how many it found that were not, and how many of them it sealed.

    What it could not read it leaves out, and notes. Raises UnreadPartsError then, and UserError where somebody goes on
    writing otherwise.
    """
    sealed = 0
    for _ in range(PASSES):
        unread = Unread()
        found, done = await once(unread)
        sealed += done
        if not found:
            unread.tell()
            return sealed
    raise UserError(
        "Some process goes on writing conversations under another key or in clear: give each the same "
        "MNEMOGRAPH_ENCRYPTION_KEYS, the newest last, and run `mnemograph rotate-keys` again."
    )
