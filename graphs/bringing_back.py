"""An export brought back for a user: memories and other items into the store, conversations as their newest state."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

from langchain_core.messages import AnyMessage
from langgraph.store.base import BaseStore
from pydantic import TypeAdapter, ValidationError

from agents.conversation import mark, marked, speaker
from agents.state import SHOWN
from agents.state_checks import update_complaint
from config.errors import UserError
from graphs.chat import Chat
from graphs.threads import owner_of_thread, say_whose
from graphs.undo import LAST_NODE, at, past_the_reducers
from memory.lifecycle.leaving.export import batches, bring_in, check
from memory.lifecycle.leaving.export_file import CONVERSATION, ITEM, Header, Record, read
from memory.long_term.statements.began import since
from memory.short_term.thread_ids import checked_id

KEPT: Final = (*SHOWN, "summary", "remembered_to")
"""What of a state comes back, beside the messages."""
_MESSAGES: Final = TypeAdapter(list[AnyMessage])


@dataclass
class BroughtBack:
    """How many came in, and how many were there already and stayed as they were."""

    items: int = 0
    items_already: int = 0
    conversations: int = 0
    conversations_already: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def checked(path: Path) -> tuple[Header, int]:
    """An export's header, and how many records it has.

    Raises UserError on a file that is damaged or none of ours: nothing was written by then.
    """
    header, found = read(path)
    items, conversations = check(found)
    for record in read(path)[1]:
        if record.get("type") == CONVERSATION and (sentence := conversation_complaint(record)):
            raise UserError(sentence)
    return header, items + conversations


async def import_file(
    chat: Chat,
    user_id: str,
    path: Path,
    header: Header,
    *,
    told: Mapping[str, str] | None = None,
    in_force: bool = False,
    on_done: Callable[[int], None] = lambda _: None,
) -> BroughtBack:
    """Bring in a file that was `checked`. The same again changes nothing; `told` is what threads say of themselves.

    Procedures are proposals, unless they are to be `in_force` as the file has them.
    Raises what the memories raise; what came in by then stays.
    """
    store, done = cast(BaseStore, chat.store), BroughtBack()
    with since():
        async for batch in batches((await asyncio.to_thread(read, path))[1]):
            items = [record for record in batch if record.get("type") == ITEM]
            if items:
                came = await bring_in(store, user_id, items, in_force=in_force)
                done.items += came.items
                done.items_already += came.already
            for record in batch:
                if record.get("type") == CONVERSATION:
                    new = await bring_back(chat, user_id, record, of=header.user, told=told or {})
                    done.conversations += new
                    done.conversations_already += not new
            on_done(len(batch))
    return done


def conversation_complaint(record: Record) -> str | None:
    """One sentence where a conversation of an export cannot be brought back."""
    try:
        checked_id(record.get("thread_id"))
        _MESSAGES.validate_python(record["messages"])
    except (ValidationError, KeyError, UserError):
        return (
            f"The conversation {str(record.get('thread_id'))[:64]!r} of the file is none that Mnemograph writes, so "
            "nothing was taken: use the file as it was exported."
        )
    return update_complaint(_state(record))


async def bring_back(chat: Chat, user_id: str, record: Record, *, of: str, told: Mapping[str, str]) -> bool:
    """A conversation of an export, as its newest state, for this user; False where it is there already.

    `of` is the user whose it was; `told` is more of what the thread is to say of itself. One that another user has
    under its id gets an id of its own, always the same.
    """
    given = str(record["thread_id"])
    thread_id = given
    if await owner_of_thread(chat, given) not in (None, user_id):
        thread_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mnemograph:{given}:{user_id}"))
    if (await chat.aget_state(at(thread_id))).metadata is not None:
        return False
    was, becomes = speaker(given, of), speaker(thread_id, user_id)
    messages = [
        marked(message, by=becomes) if mark(message).get("by") == was else message
        for message in _MESSAGES.validate_python(record["messages"])
    ]
    state = _state(record)
    values = past_the_reducers(chat, {**state, "messages": messages})
    config = at(thread_id, None, user_id=user_id, timeline="import", **told)
    await chat.aupdate_state(config, values, as_node=LAST_NODE)
    await say_whose(chat, config, user_id)
    return True


def _state(record: Record) -> dict[str, Any]:
    state = record.get("state") or {}
    return {name: state[name] for name in KEPT if state.get(name)}
