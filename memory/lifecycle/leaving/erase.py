"""Erase a user from every place, and look whether anything is left. Another user's things are never touched."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from config.errors import UserError
from config.memos import forget_memos
from memory.lifecycle.leaving.inventory import SHARED, THREADS, Inventory, Places, inventory
from memory.long_term.erasing import erase_from
from memory.namespaces import owner_namespace
from memory.short_term.holdings import held

ROUNDS = 3
"""Looks for conversations that a run began while the others went."""

Redact = Callable[[str], Awaitable[None]]
"""Takes what the user said out of a conversation that is shared with others."""


class NotErasedError(UserError):
    """Something is left. `left` says how much lies where."""

    def __init__(self, left: Mapping[str, int]) -> None:
        named = ", ".join(f"{count} in {place}" for place, count in left.items())
        super().__init__(
            f"Not everything could be erased ({named} is left): stop what writes there, and erase again."
        )
        self.left = dict(left)


@dataclass(frozen=True)
class Erased:
    """What was there before, by place; and what was found by looking again, which is nothing."""

    before: Mapping[str, int]
    after: Mapping[str, int]


async def erase(
    places: Places, user_id: str, *, redact: Redact, on_done: Callable[[int], None] = lambda _: None
) -> Erased:
    """Erase all that `inventory` finds. Ended half-way it goes on when called again, and twice is fine.

    Memories go first and at once: from then on runs that began before write nothing more. `on_done` hears how many
    more conversations went. Raises NotErasedError when something is left, and what the places raise.
    """
    before = await inventory(places, user_id)
    await erase_from(places.store, owner_namespace(user_id))
    found, gone = before, list[str]()
    for _ in range(ROUNDS):
        for thread_id in found.threads.own:
            await places.saver.adelete_thread(thread_id)
            gone.append(thread_id)
            on_done(1)
        for thread_id in found.threads.shared:
            await redact(thread_id)
            on_done(1)
        found = await inventory(places, user_id)
        if not found.total:
            break
    # Of the conversations that went, too, which no list names any more.
    after = {**found.counts, **await held(places.saver, [*gone, *found.threads.own])}
    forget_memos()
    left = {place: count for place, count in after.items() if count}
    if left:
        raise NotErasedError(left)
    return Erased(_counted(before), after)


def _counted(found: Inventory) -> dict[str, int]:
    first = {name: found.counts[name] for name in (THREADS, SHARED)}
    return {**first, **found.counts}
