"""Sealing conversations anew goes over them until nothing is left: others write meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Final

from config.errors import UserError

PASSES: Final = 5

Heard = Callable[[int], None]


def unheard(_: int) -> None:
    """Nobody wants to know."""


async def in_passes(once: Callable[[], Awaitable[tuple[int, int]]]) -> int:
    """How many parts were sealed. `once` tells how many it found that were not, and how many of them it sealed.

    Raises UserError where somebody goes on writing otherwise.
    """
    sealed = 0
    for _ in range(PASSES):
        found, done = await once()
        sealed += done
        if not found:
            return sealed
    raise UserError(
        "Some process goes on writing conversations under another key or in clear: give each the same "
        "MNEMOGRAPH_ENCRYPTION_KEYS, the newest last, and run `mnemograph rotate-keys` again."
    )
