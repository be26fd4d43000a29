"""A user's things in both memories: what there is, and what is left of a shared conversation when one of them goes."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from langchain_core.messages import AnyMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from agents.conversation import last_human, mark, speaker, spoke_last, turns_after
from agents.identity import unnamed_user
from config.errors import UserError
from config.settings import settings
from graphs.chat import Chat
from graphs.undo import LAST_NODE, at, past_the_reducers
from memory.lifecycle.leaving.erase import Erased, erase
from memory.lifecycle.leaving.inventory import Places
from memory.short_term.whose import Part

EMPTIED: Final[Mapping[str, Any]] = {
    "summary": None,
    "recalled": [],
    "used": [],
    "procedures": [],
    "news": [],
    "unsaid": [],
    "learned": [],
    "undone": [],
    "warnings": [],
}
"""What of a state may repeat anybody's words."""


def places_of(chat: Chat, user_id: str) -> Places:
    """Both memories that a chat is on."""
    saver = cast(BaseCheckpointSaver[Any], chat.checkpointer)
    store = cast(BaseStore, chat.store)

    def says(thread_id: str, values: Mapping[str, Any]) -> Part:
        return part_in(thread_id, user_id, values.get("messages") or [])

    return Places(store, saver, says, unnamed=user_id == unnamed_user(settings()))


def part_in(thread_id: str, user_id: str, messages: list[AnyMessage]) -> Part:
    """The user's part in a conversation, by the marks that messages got when they were answered."""
    who, newest = speaker(thread_id, user_id), spoke_last(messages)
    if newest is None:
        return "none" if last_human(messages) is None else "untold"
    if newest == who:
        return "newest"
    return "some" if any(mark(message).get("by") == who for message in messages) else "none"


async def erase_user(chat: Chat, user_id: str, on_done: Callable[[int], None] = lambda _: None) -> Erased:
    """Erase a user from every place. Raises NotErasedError when something is left."""

    async def redact(thread_id: str) -> None:
        await take_out(chat, user_id, thread_id)

    return await erase(places_of(chat, user_id), user_id, redact=redact, on_done=on_done)


async def take_out(chat: Chat, user_id: str, thread_id: str) -> None:
    """The user's turns leave another's conversation, with the history in which they stood.

    Raises UserError where the checkpointer cannot take a history away.
    """
    state = await chat.aget_state(at(thread_id))
    messages = list(state.values.get("messages") or [])
    who = speaker(thread_id, user_id)
    kept = [
        message
        for turn in turns_after(messages, None)
        if mark(turn.human).get("by") != who
        for message in (turn.human, *turn.rest)
    ]
    saver = cast(BaseCheckpointSaver[Any], chat.checkpointer)
    told: dict[str, Any] = {
        name: value for name, value in (state.metadata or {}).items() if name in ("owner", "user_id")
    }
    if told.get("user_id") == user_id:
        told["user_id"] = ""
    values = {**EMPTIED, "messages": kept, "remembered_to": str(kept[-1].id) if kept else None}
    await chat.aupdate_state(at(thread_id, None, **told), past_the_reducers(chat, values), as_node=LAST_NODE)
    try:
        await saver.aprune([thread_id], strategy="keep_latest")
    except NotImplementedError as error:
        raise UserError(
            f"The history of the conversation {thread_id!r}, which others share, cannot be taken away by this "
            "checkpointer: delete the conversation, and erase again."
        ) from error
