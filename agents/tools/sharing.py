"""Tools of the supervisor on what the specialists may see. They act for the user of the run, and on the team alone."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from langchain.tools import ToolRuntime
from langchain_core.tools import tool

from agents.sharing import TEAM, memory_of
from config.errors import UserError
from memory.lifecycle.sharing.grants import Action, Grant, give, grants_of, revoke
from memory.long_term.rows.readers import grantee
from memory.schema import Kind

MAX_DAYS: Final = 3_650

Runtime = ToolRuntime[Any, Any]
Grantee = Literal["researcher", "planner", "team"]
Whose = Literal["user", "researcher", "planner"]


@tool
async def share_memories(
    agent: Grantee,
    runtime: Runtime,
    whose: Whose = "user",
    kinds: list[Kind] | None = None,
    *,
    may_write: bool = False,
    days: int = 0,
) -> str:
    """Let a specialist, or the whole team, see memories. Only when the user asks for it.

    Args:
        agent: Who may see them.
        whose: "user" for what is remembered of the user, or the specialist whose own memory is meant.
        kinds: semantic for facts, episodic for what was said, procedural for how things are done; default: facts.
        may_write: Whether it may add to them as well.
        days: For how many days; 0 until the user ends it.
    """
    store, user_id = memory_of(runtime)
    now = datetime.now(UTC)
    if not 0 <= days <= MAX_DAYS:
        raise UserError(f"Memories are shared for 1 to {MAX_DAYS:,} days, or 0 for no end.")
    wanted = Grant(
        _named(agent),
        tuple(kind.value for kind in kinds or [Kind.SEMANTIC]),
        Action.WRITE if may_write else Action.READ,
        now + timedelta(days=days) if days else None,
        "" if whose == "user" else whose,
    )
    return f"Shared. {(await give(store, user_id, wanted, now)).sentence}"


@tool
async def stop_sharing(agent: Grantee, runtime: Runtime) -> str:
    """End all that a specialist, or the team as a whole, may see. Only when the user asks for it.

    Args:
        agent: Whose sight ends.
    """
    store, user_id = memory_of(runtime)
    ended = await revoke(store, user_id, _named(agent))
    if not ended:
        return f"Nothing was shared with the {agent}."
    return "\n".join(["No longer shared:", *(each.sentence for each in ended)])


@tool
async def list_sharing(runtime: Runtime) -> str:
    """List what is shared with whom."""
    store, user_id = memory_of(runtime)
    now = datetime.now(UTC)
    found = [each for each in await grants_of(store, user_id) if each.holds(now)]
    return "\n".join(each.sentence for each in found) or "Nothing is shared."


def _named(agent: Grantee) -> str:
    return grantee("team", TEAM) if agent == "team" else grantee("agent", agent)
