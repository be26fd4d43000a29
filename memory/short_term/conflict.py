"""A run that no longer goes on from its thread's newest checkpoint, or whose thread was deleted: how a saver tells."""

from typing import Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base.id import uuid6

from config.errors import UserError

# The loop of a run puts what it needs itself into `configurable` under such names; no caller does.
_OF_A_LOOP = "__pregel_"

GRAVE_LIVES_S: Final = 86_400
"""For how long a deleted thread is known to be deleted."""


def made_by_now() -> str:
    """Not less than the id of any checkpoint that this process has made.

    What a thread is told to be dead up to that has nothing yet: a run may be about to write its first checkpoint. A
    process whose clock is behind begins the thread anew as much later.
    """
    return str(uuid6(node=(1 << 48) - 1, clock_seq=0x3FFF))


class ThreadConflict(UserError):  # noqa: N818 - it is what happened, no mistake of the program's
    """The thread went on without this run; what the run has not yet stored is not stored."""

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(
            sentence
            or "Something else was written to this conversation, or it was deleted, while the turn was at work: "
            "read it again, and send the message again if it is not there."
        )


class ThreadDeletedError(ThreadConflict):
    """A run went on with a thread that had been deleted meanwhile."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(
            f"The conversation {thread_id!r} was deleted while this run went on with it; nothing of the run "
            "was kept, so begin a new conversation."
        )


def goes_on_from_the_newest(config: RunnableConfig) -> bool:
    """Whether what is put continues a run that loaded the thread's newest checkpoint.

    A run that was pointed at a checkpoint (replay, fork, an edited message) is told by the checkpoint_id that the
    caller gave, which LangGraph copies into the metadata; state updates and checkpoints put by hand come from no
    loop. Subgraphs are their parent's affair.
    """
    configurable = config["configurable"]
    return (
        not configurable.get("checkpoint_ns")
        and any(name.startswith(_OF_A_LOOP) for name in configurable)
        and not (config.get("metadata") or {}).get("checkpoint_id")
    )
