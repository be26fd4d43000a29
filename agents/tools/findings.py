"""What a specialist found out, kept in its own room: other agents see it where the user lets them."""

from datetime import UTC, datetime
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.tools import tool

from agents.conversation import last_human, mark, said_at
from agents.sharing import agent_of, reader_of, store_of_run
from config.errors import UserError
from memory.lifecycle.learning.build import MAX_STATEMENT_CHARS, semantic
from memory.lifecycle.learning.reconcile import Candidate
from memory.lifecycle.learning.remember import learn
from memory.lifecycle.sharing.rooms import OwnRoom, Signed
from memory.lifecycle.turns.evidence import Said, turn_name
from memory.lifecycle.turns.extraction import Fact
from memory.schema import Source


@tool
async def note_finding(statement: str, runtime: ToolRuntime[Any, Any]) -> str:
    """Keep something that you found out, for later turns and for the agents that may read your memory.

    Args:
        statement: One finding, complete on its own: "The night train from Porto to Madrid leaves at 22:10."
    """
    human = last_human(runtime.state["messages"])
    agent = agent_of(human)
    if human is None or not agent:
        raise UserError("There is no room of an agent's own in this run.")
    if not statement.strip() or len(statement) > MAX_STATEMENT_CHARS:
        raise UserError(f"A finding is one sentence of at most {MAX_STATEMENT_CHARS} characters.")
    inner, user_id = store_of_run(runtime)
    now = datetime.now(UTC)
    thread_id = str(runtime.config["configurable"]["thread_id"])
    said = Said(str(human.id), "user", str(human.text), said_at(human, now), human.name)
    turn = turn_name(thread_id, said.id)
    fact = Fact.model_construct(
        statement=statement, category="other", importance=0.5, quote="", message_id=said.id
    )
    memory = semantic(
        thread_id, said, fact, run_id=mark(human).get("run_id"), turn=turn, now=now, source=Source.AGENT
    )
    store = Signed(OwnRoom(inner, reader_of(user_id, agent)), agent, {turn})
    ruling = await learn(store, user_id, Candidate(memory))
    if ruling.relation == "same" and ruling.of:
        return f"Already known: {ruling.of.text}"
    return f"Noted: {memory.text}"
