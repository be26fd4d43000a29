"""Edit a thread's state from outside of a run, without losing what somebody else wrote meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.state_checks import update_complaint
from config.errors import UserError
from graphs.chat import Chat
from graphs.undo import LAST_NODE, at, of_thread
from memory.short_term.timeline import difference, id_of

Values = Mapping[str, Any]
Policy = Callable[[Values, Values, Values], Values | None]
"""What becomes of a stale edit, from the state it was made on, the state now and the edit; None refuses it. Pure."""

ATTEMPTS = 3


class StaleEdit(UserError):  # noqa: N818 - what happened, and no mistake of the editor's
    """The thread went on since the state that the edit was made on."""


def if_untouched(before: Values, now: Values, edit: Values) -> Values | None:
    """Make the edit all the same where nobody else touched the fields that it sets."""
    return None if difference(before, now).keys() & edit.keys() else edit


async def edit_state(
    chat: Chat, user_id: str, thread_id: str, values: Values, *, base: str, policy: Policy | None = None
) -> str:
    """Update the state as it was at the checkpoint `base`; returns the id of the new checkpoint.

    Raises UserError, which names the field, on a value that does not fit, and StaleEdit when `base` is no longer
    the newest checkpoint and the policy does not save the edit. The thread is untouched then.
    """
    if complaint := update_complaint(values):
        raise UserError(complaint)
    async with of_thread(thread_id):
        edit: Values | None = values
        for _ in range(ATTEMPTS):
            head = await chat.aget_state(at(thread_id))
            if head.metadata is None:
                raise UserError(f"There is no thread {thread_id}.")
            if id_of(head) != base:
                made_on = await chat.aget_state(at(thread_id, base))
                edit = policy(made_on.values, head.values, values) if policy and made_on.metadata else None
                if edit is None:
                    raise StaleEdit(
                        f"The conversation went on since the checkpoint {base[:64]}: read it again, and edit that."
                    )
            newest = await chat.aget_state(at(thread_id))
            if id_of(newest) == id_of(head):
                place = at(thread_id, id_of(head), user_id=user_id, timeline="edit")
                # A redo would take the edit away again: as a new turn does, it ends what can be redone.
                ended: dict[str, Any] = {"undone": []} if head.values.get("undone") else {}
                written = await chat.aupdate_state(place, {**ended, **(edit or {})}, as_node=LAST_NODE)
                return str(written["configurable"]["checkpoint_id"])
    raise StaleEdit("The conversation goes on faster than it can be edited: wait for its turn to end.")
