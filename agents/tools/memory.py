"""Tools on long-term memory. They act for the user of the run, whatever the model writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, cast

from langchain.tools import ToolRuntime
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.prebuilt import InjectedState

from agents.conversation import RECALLING, last_human, mark, said_at
from agents.decided import carrying
from agents.framing import as_json, memory_row
from agents.reranking import open_reranking
from agents.sharing import memory_of as _memory_of
from config.errors import UserError
from config.settings import settings
from memory.lifecycle.changing.change import find, forget, supersede
from memory.lifecycle.language.pasted import own
from memory.lifecycle.learning.admission import source_of
from memory.lifecycle.learning.build import FORGOTTEN, MAX_STATEMENT_CHARS, held, semantic
from memory.lifecycle.learning.decisions import Decision, of_memory, of_ruling
from memory.lifecycle.learning.reconcile import Candidate, Ruling, rests, said_again
from memory.lifecycle.learning.remember import learn, put
from memory.lifecycle.reading.lookup import memory_by_id
from memory.lifecycle.reading.neighbours import twins
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.sharing.rooms import rooms_of
from memory.lifecycle.turns.evidence import Said, turn_name
from memory.lifecycle.turns.extraction import Category, Fact
from memory.lifecycle.turns.orders import gives_rules
from memory.schema import Kind, Memory, Source

MAX_RESULTS = 10
CORRECTED = "The user asked for it to be corrected."
OTHERS = {
    Source.TOOL: "a tool returned this, and the user did not say it. It waits for their look.",
    Source.DOCUMENT: "this stands in what the user pasted, and they did not say it. It waits for their look.",
}
"""Whose words are no evidence about the user, and what is said of them."""
_KINDS: Final = {Kind.EPISODIC: "something that was said", Kind.PROCEDURAL: "a wish on how to answer"}
_ABOUT: Final[dict[str, str]] = {
    "identity": "who you are",
    "health": "your health",
    "relationship": "a person or an animal of yours",
    "location": "where you live",
    "work": "your work",
    "preference": "what you like",
    "plan": "a plan of yours",
    "possession": "something that you have",
    "event": "something that happened",
}

State = Annotated[dict[str, Any], InjectedState]
Runtime = ToolRuntime[Any, Any]


@tool(response_format="content_and_artifact")
async def save_memory(
    statement: str, state: State, runtime: Runtime, category: Category = "other"
) -> tuple[str, dict[str, Any]]:
    """Keep a fact about the user for later conversations. Only when the user asks you to remember something.

    Args:
        statement: The fact in the third person, complete on its own: "The user lives in Porto."
        category: What it is about.
    """
    store, user_id = _memory_of(runtime)
    stated, words = _stated(statement, category, state, runtime)
    if stated.provenance.source in OTHERS:
        waiting = held(stated, OTHERS[stated.provenance.source])
        await store.abatch([put(user_id, waiting)])
        return f"Not kept: {waiting.reason}", carrying(of_memory("quarantine", waiting.reason, waiting))
    ruling = await learn(store, user_id, Candidate(stated, words=words))
    known = ruling.of if ruling.relation == "same" and ruling.of else None
    memory = known or ruling.memory
    told = f"{'Already known' if known else 'Saved'}: {memory.text} (id {memory.id})"
    return told, carrying(of_ruling(ruling))


@tool
async def search_memory(query: str, runtime: Runtime) -> str:
    """Search what is remembered of the user. Gives a JSON array of them, each with its id.

    Args:
        query: What to look for, in plain words.
    """
    store, user_id = _memory_of(runtime)
    reranking, _ = await open_reranking(runtime, settings())
    found = await recall(store, user_id, query, limit=MAX_RESULTS, reranking=reranking)
    rows = [memory_row(item.model_dump(mode="json")) for item in found]
    return as_json(rows) if rows else "Nothing is remembered about this."


@tool(response_format="content_and_artifact")
async def correct_memory(
    memory_id: str,
    statement: str,
    state: State,
    runtime: Runtime,
    reason: Literal["outdated", "wrong"] = "outdated",
) -> tuple[str, dict[str, Any]]:
    """Replace a memory that is wrong or has changed. The old one is kept as history and no longer recalled.

    Args:
        memory_id: The id of the memory to replace.
        statement: What holds now, in the third person: "The user lives in Porto."
        reason: "outdated" where the old one was true once, "wrong" where it never was.
    """
    store, user_id = _memory_of(runtime)
    old = await find(store, user_id, memory_id)
    category = "other" if old.kind is Kind.EPISODIC else old.category
    stated, words = _stated(statement, category, state, runtime, corrects=old)
    if stated.provenance.source in OTHERS:
        raise UserError(f"Nothing was changed: {OTHERS[stated.provenance.source]}")
    if old.kind is Kind.EPISODIC:
        # What was said stays as it was said; its facts may be still to come, and give way to this one.
        alone = stated.model_copy(update={"supersedes": None})
        ruling = await learn(store, user_id, Candidate(alone, words=words))
        return f"Corrected: {ruling.memory.text}", carrying(of_ruling(ruling))
    rest = rests(old, stated, words)
    twin = await twins(store, user_id, [stated, *rest])
    known = twin.get(stated.fingerprint)
    new = said_again(known.memory, stated.turn) if known and known.memory.id != old.id else stated
    kept = [each for each in rest if each.fingerprint not in twin]
    await supersede(store, user_id, old, new, datetime.now(UTC), wrong=reason == "wrong", kept=kept)
    done = Ruling(new, "corrects" if reason == "wrong" else "outdates", CORRECTED, old)
    return f"Corrected: {new.text}", carrying(of_ruling(done))


@tool(response_format="content_and_artifact")
async def forget_memory(memory_id: str, runtime: Runtime) -> tuple[str, dict[str, Any]]:
    """Forget a memory for good, with the words it rests on. Only when the user asks for it.

    Args:
        memory_id: The id of the memory to forget.
    """
    store, user_id = _memory_of(runtime)
    for room in await rooms_of(store, user_id):
        if known := await memory_by_id(room, user_id, memory_id):
            gone = await forget(room, user_id, known)
            break
    else:
        known = await find(store, user_id, memory_id)
        gone = await forget(store, user_id, known)
    # Its words are gone, and stand in no decision either.
    return told_of(known, gone), carrying(Decision(what="forget", reason=FORGOTTEN, of=memory_id))


def told_of(memory: Memory, gone: int) -> str:
    """What kind of memory was forgotten, and how many more went with it; none of its words."""
    what = _KINDS.get(memory.kind) or f"a fact about {_ABOUT.get(memory.category, 'you')}"
    more = {1: "", 2: ", and one more that went with it"}.get(
        gone, f", and {gone - 1} more that went with it"
    )
    return f"Forgotten: {what}{more}."


def _stated(
    statement: str, category: str, state: dict[str, Any], runtime: Runtime, corrects: Memory | None = None
) -> tuple[Memory, str]:
    """A memory that rests on the user's newest message, and what they said there in their own words."""
    human = last_human(state["messages"])
    if human is None or not statement.strip():
        raise UserError("There is nothing to keep: give the fact as a sentence.")
    if gives_rules(statement):
        raise UserError("That is a rule for you and no fact about the user, so it is not kept.")
    if len(statement) > MAX_STATEMENT_CHARS:
        raise UserError(f"A memory is at most {MAX_STATEMENT_CHARS} characters; give the fact alone.")
    now = datetime.now(UTC)
    said = Said(str(human.id), "user", str(human.text), said_at(human, now), human.name)
    fact = Fact.model_construct(
        statement=statement,
        category=cast(Category, category),
        importance=0.8,
        quote=said.text,
        message_id=said.id,
    )
    thread_id = str(runtime.config["configurable"]["thread_id"])
    memory = semantic(
        thread_id,
        said,
        fact,
        run_id=mark(human).get("run_id"),
        turn=turn_name(thread_id, said.id),
        now=now,
        source=source_of(
            statement, said.text, _returned(state["messages"]), corrects=corrects.text if corrects else ""
        ),
        supersedes=corrects.id if corrects else None,
    )
    return memory, own(said.text)


def _returned(messages: Sequence[AnyMessage]) -> str:
    """What the tools of the newest turn returned, but for what was recalled."""
    newest: list[str] = []
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage) and message.name not in RECALLING:
            newest.append(str(message.text))
    return "\n".join(reversed(newest))
