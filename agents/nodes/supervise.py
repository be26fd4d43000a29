"""The team's first node: the supervisor gives the turn to a specialist, or keeps it."""

import logging
from typing import Any

from langgraph.runtime import Runtime

from agents.context import ChatContext
from agents.conversation import last_human, mark, marked
from agents.identity import current_context
from agents.sharing import agent_of
from agents.state import ChatState
from agents.team.members import SUPERVISOR
from agents.team.routing import Routed, by_rules, route
from config.errors import UserError
from config.settings import settings

log = logging.getLogger(__name__)


async def supervise(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Stamp the message with who answers it. A turn that is resumed or sent again stays with whom it had."""
    human = last_human(state["messages"])
    if human is None or "routed" in mark(human):
        return {}
    configured = settings()
    before = next(
        (agent_of(m) or SUPERVISOR for m in reversed(state["messages"][:-1]) if "routed" in mark(m)), ""
    )
    try:
        model = current_context(runtime).model or configured.model
        found = await route(str(human.text), before, model, configured)
    except UserError as error:
        # Whoever answers says what is wrong with the model.
        log.warning("the turn is routed by rules: %s", error.sentence)
        found = Routed(by_rules(str(human.text)), "rules")
    agent = "" if found.agent == SUPERVISOR else found.agent
    return {"messages": [marked(human, agent=agent, routed=found.by)]}
