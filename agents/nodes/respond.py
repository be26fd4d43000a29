"""The node that answers: fit the conversation, frame the memories, call the model."""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, Protocol

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
)
from langchain_core.messages.utils import count_tokens_approximately
from langgraph.managed import RemainingSteps
from langgraph.runtime import Runtime

from agents.admission import is_left_out
from agents.context import ChatContext
from agents.conversation import (
    last_human,
    marked,
    this_turn,
    tool_rounds,
    with_answers_to_every_call,
    without_notice,
)
from agents.identity import current_context
from agents.model_messages import ask, usable
from agents.models import BoundModel, chat_model, explain_model_error, without_calls
from agents.prompts import system_message
from agents.state import SHOWN, ChatState, summarised_to
from agents.tools import TOOLS
from agents.unsaid import without_forgotten
from agents.voice import Voice
from config.errors import UserError
from config.settings import settings
from config.timings import timings
from memory.lifecycle.language.echoes import adds_nothing, says_unknown
from memory.lifecycle.reading.uses import used_in
from memory.short_term.window import shown

log = logging.getLogger(__name__)

MAX_CALLS = 20
MAX_BEFORE = 50
"""Messages of the user's in which a reply's words are looked for: what only repeats them is no news."""
ATTEMPTS = 2
STEPS_OF_A_ROUND = 5
"""This one, the tools, the reply to them, and what is behind it: remembering, and asking about a procedure."""
STOPPED = (
    "I stopped here, because this turn has used all the tool calls that it may. Tell me to go on if I should."
)
UNUSABLE = "The model's answer broke off or could not be read, twice in a row. Please try again."


class Answering(ChatState):
    """What the node reads: the state, and how many steps the run may still take, this one among them."""

    remaining_steps: NotRequired[RemainingSteps]


class Node(Protocol):
    """What LangGraph calls."""

    async def __call__(self, state: Answering, *, runtime: Runtime[ChatContext]) -> dict[str, Any]: ...


def responding(voice_of: Callable[[ChatState], Voice]) -> Node:
    """The node that answers in the voice that the state says."""

    async def respond(state: Answering, runtime: Runtime[ChatContext]) -> dict[str, Any]:
        """Add the model's reply. A model that cannot be reached is reported in one sentence; the thread stays whole."""
        return await _reply(state, runtime, voice_of(state))

    return respond


respond = responding(lambda _: Voice(None, TOOLS))


async def _reply(state: Answering, runtime: Runtime[ChatContext], voice: Voice) -> dict[str, Any]:
    configured = settings()
    last_round = _is_last_round(state, configured.max_tool_rounds)
    prompt = _prompt(state, runtime, voice, last_round=last_round)
    try:
        model = chat_model(current_context(runtime).model or configured.model, configured, voice.tools)
        if last_round:
            model = without_calls(model)
        with timings.measure("reply"):
            reply = await _answer(model, prompt)
    except UserError as error:
        reply = failed(error.sentence)
    except Exception as error:  # noqa: BLE001 - every provider has its own exceptions
        log.warning("the model failed: %s", type(error).__name__)
        reply = failed(explain_model_error(error))
    return _said(state, stopped(reply) if last_round and reply.tool_calls else reply)


def _is_last_round(state: Answering, most: int) -> bool:
    """Whether this reply has to be the turn's last: it has had its rounds, or the run its steps."""
    return (
        tool_rounds(state["messages"]) >= most
        or state.get("remaining_steps", STEPS_OF_A_ROUND) < STEPS_OF_A_ROUND
    )


def stopped(reply: AIMessage) -> AIMessage:
    """What a reply says that calls tools once more all the same: nothing runs any more, and no call is left open."""
    text = reply.text.strip()
    said = AIMessage(
        f"{text}\n\n{STOPPED}" if text else STOPPED,
        # Under an id of its own: what was streamed of the other one is not the whole of it.
        id=str(uuid.uuid4()),
        response_metadata=reply.response_metadata,
        usage_metadata=reply.usage_metadata,
    )
    return marked(said, notice=STOPPED)


def _said(state: ChatState, reply: AIMessage) -> dict[str, Any]:
    """The state's update by a reply. One that is final names the memories that it used."""
    failures = _failures(state["messages"])
    if reply.tool_calls or is_left_out(reply):
        return {"messages": [*failures, reply]}
    human = last_human(state["messages"])
    # What the agent said before repeats what it rests on.
    rows = sorted(state.get("recalled") or [], key=lambda item: item.get("source") == "agent")
    recalled = [(str(item["id"]), str(item["text"])) for item in rows]
    said, question = without_notice(reply), str(human.text) if human else ""
    used = [] if says_unknown(said) else used_in(said, question, recalled)
    marks: dict[str, Any] = {"used": used} if used else {}
    before = [
        str(each.text) for each in state["messages"] if isinstance(each, HumanMessage) and each is not human
    ]
    if adds_nothing(said, question, [*(text for _, text in recalled), *before[-MAX_BEFORE:]]):
        marks["echo"] = True
    return {"messages": [*failures, marked(reply, **marks) if marks else reply], "used": used}


async def _answer(model: BoundModel, prompt: list[BaseMessage]) -> AIMessage:
    """The model's reply, asked for once more when it is one that no provider would take back in a history."""
    for _ in range(ATTEMPTS):
        reply = await ask(model, prompt)
        if usable(reply):
            return reply.model_copy(update={"tool_calls": reply.tool_calls[:MAX_CALLS]})
    log.warning("the model gave no usable answer in %d attempts", ATTEMPTS)
    return failed(UNUSABLE)


def failed(sentence: str) -> AIMessage:
    """A reply that reports a failure: the model never sees it, and the next answer takes its place."""
    return marked(AIMessage(sentence), error=True)


def _prompt(
    state: ChatState, runtime: Runtime[ChatContext], voice: Voice, *, last_round: bool
) -> list[BaseMessage]:
    system = SystemMessage(
        system_message(
            voice.prompt or current_context(runtime).system_prompt,
            recalled=state.get("recalled") or [],
            procedures=state.get("procedures") or [],
            session={name: state.get(name) for name in SHOWN},
            now=datetime.now(UTC),
            summary=state.get("summary"),
            news=state.get("news") or (),
            unsaid=state.get("unsaid") or (),
            last_round=last_round,
        )
    )
    budget = settings().context_tokens - count_tokens_approximately([system])
    messages = without_forgotten(state["messages"], state.get("unsaid") or ())
    return [system, *_fitted(messages, budget, summarised_to(state.get("summary")))]


def _fitted(messages: list[AnyMessage], budget: int, summarised_to: str | None) -> Sequence[BaseMessage]:
    """The newest whole turns that fit and that no summary stands for; the turn at hand always."""
    visible = [message for message in messages if not is_left_out(message)]
    kept = shown(visible, budget=budget, count=count_tokens_approximately, summarised_to=summarised_to)
    return with_answers_to_every_call(kept)


def _failures(messages: list[AnyMessage]) -> list[RemoveMessage]:
    """Earlier reports of failure in this turn go once there is another answer."""
    return [
        RemoveMessage(str(m.id)) for m in this_turn(messages) if is_left_out(m) and isinstance(m, AIMessage)
    ]
