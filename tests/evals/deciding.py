"""A person's decision on a procedure: in the conversation that asks, or later, as the command line does."""

from typing import Literal

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from agents.context import ChatContext
from memory.lifecycle.changing.approval import approve, reject
from tests.evals import clock
from tests.evals.checks import holds
from tests.evals.world import World

Decision = Literal["approve", "reject"]


async def answered(world: World, user: str, config: RunnableConfig, words: list[str], how: Decision) -> bool:
    """Whether the conversation asks about a procedure with these words, which is then answered."""
    state = await world.chat.aget_state(config)
    asked = [row for each in state.interrupts for row in each.value["action_requests"]]
    meant = [all(holds(str(row["args"]["instruction"]), word) for word in words) for row in asked]
    if not any(meant):
        return False
    other = "reject" if how == "approve" else "approve"
    answer = {"decisions": [{"type": how if each else other} for each in meant]}
    await world.chat.ainvoke(Command(resume=answer), config, context=ChatContext(user_id=user))
    return True


async def decided(world: World, user: str, memory_id: str, how: Decision) -> None:
    """Raises UserError where there is no such procedure, or nothing to decide."""
    decide = approve if how == "approve" else reject
    await decide(world.store, user, memory_id, clock.moment())
