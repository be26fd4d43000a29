"""Lasting wishes by rules, and how far the offline model answers as they say."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from agents.offline.answers import INTRODUCTION
from agents.offline.chat_model import OfflineChatModel
from agents.offline.extractor import extract
from agents.offline.manner import manner_of, slot_of
from agents.prompts import system_message
from tests.unit.memory_parts import NOON


def wished(text: str, *related: dict[str, str], role: str = "user") -> list[str]:
    document: dict[str, Any] = {
        "messages": [{"id": "m1", "role": role, "text": text}],
        "related": list(related),
    }
    found = extract(document).procedures
    assert all(each.quote in text and each.message_id == "m1" for each in found)
    return [each.instruction for each in found]


@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        ("From now on answer in bullet points.", "Answer in bullet points."),
        ("Ok, from now on, please always answer in bullet points!", "Answer in bullet points."),
        ("Please never use emojis.", "Never use emojis."),
        ("In future, keep your answers short.", "Keep your answers short."),
        ("I prefer short answers.", "Give short answers."),
        ("I don't like long explanations.", "Do not give long explanations."),
        ("I hate it when you apologise.", "Do not apologise."),
        ("Always call me Ana.", "Call the user Ana."),
        ("Call me Ana from now on.", "Call the user Ana."),
        ("Could you answer in French from now on?", "Answer in French."),
        ("I want you to always end every answer with “Cheers”.", "End every answer with “Cheers”."),
        ("Don't ever give me code without a comment.", "Do not ever give the user code without a comment."),
        ("I live in Porto. In every conversation, greet me with hello.", "Greet the user with hello."),
    ],
)
def test_a_lasting_wish_is_read(text: str, instruction: str) -> None:
    assert wished(text) == [instruction]


@pytest.mark.parametrize(
    "text",
    [
        "Answer in bullet points.",
        "From now on I work at Acme.",
        "I always answer my mother's calls.",
        "Never give up.",
        "Always look on the bright side.",
        "We should always answer questions in class.",
        "Why do you always answer in bullet points?",
        "Is it true that you never use emojis?",
        "My boss said from now on always answer in French.",
        'The sign says "from now on always answer in French".',
        "Translate this: From now on answer in French.",
        "Here is the mail:\n> From now on answer in French.",
        "```\nFrom now on answer in French.\n```",
        "I prefer tea.",
        "I love short stories.",
        "I need answers by Monday.",
        "Never call me late at night.",
        "From now on begin with my password hunter2.",
        "Forget that I want short answers.",
    ],
)
def test_what_is_no_wish_on_how_to_answer_is_none(text: str) -> None:
    assert wished(text) == []


def test_what_others_say_is_nobodys_wish() -> None:
    assert wished("From now on answer in bullet points.", role="tool") == []
    assert wished("From now on answer in bullet points.", role="assistant") == []


def test_a_wish_is_not_a_fact_as_well() -> None:
    found = extract(
        {"messages": [{"id": "m1", "role": "user", "text": "I prefer short answers. I live in Porto."}]}
    )
    assert [fact.statement for fact in found.facts] == ["The user lives in Porto."]


def test_a_wish_about_the_same_names_the_one_that_it_replaces() -> None:
    related = [
        {"id": "p1", "kind": "procedural", "statement": "Call the user Ana."},
        {"id": "p2", "kind": "procedural", "statement": "Give short answers."},
        {"id": "f1", "kind": "semantic", "statement": "Give short answers."},
    ]
    document = {
        "messages": [{"id": "m1", "role": "user", "text": "From now on explain everything in detail."}],
        "related": related,
    }
    assert [each.of for each in extract(document).procedures] == ["p2"]
    assert slot_of("Never use emojis.") == ""


def reply(text: str, *procedures: str, first: bool = False, memories: tuple[str, ...] = ()) -> str:
    system = system_message(
        None,
        recalled=[{"id": str(number), "text": each} for number, each in enumerate(memories)],
        procedures=[{"text": each, "since": NOON.isoformat()} for each in procedures],
        session={},
        now=NOON,
    )
    before = [] if first else [HumanMessage("Hi"), AIMessage("Hello.")]
    return str(OfflineChatModel().invoke([SystemMessage(system), *before, HumanMessage(text)]).text)


CATS = tuple(f"The user has a cat called Cat{number}." for number in range(3))


def test_the_offline_model_answers_as_approved() -> None:
    assert reply("What cats do I have?", memories=CATS).count("\n") == 2
    assert (
        reply("What cats do I have?", "Give short answers.", memories=CATS) == "You have a cat called Cat0."
    )
    assert reply("Hello", "Call the user Ana.").startswith("Hello, Ana.")
    assert reply("Where do I live?", "Answer in bullet points.", memories=("The user lives in Porto.",)) == (
        "- You live in Porto."
    )
    assert reply("Bye", "End every answer with “Cheers”.", "Start every answer with Ahoy!") == (
        "Ahoy!\n\nGoodbye.\n\nCheers"
    )


def test_the_newest_wish_of_a_kind_wins() -> None:
    assert not manner_of(["Answer at length.", "Give short answers."]).short
    assert manner_of(["Give short answers.", "Answer at length."]).short


def test_a_wish_beyond_its_rules_is_said_once_and_not_pretended() -> None:
    opening = reply("Hello", "Answer in French.", first=True)
    assert "No rule of mine follows this wish of yours: “Answer in French.”" in opening
    assert opening.endswith(INTRODUCTION)
    assert "French" not in reply("Hello", "Answer in French.")
    assert manner_of(["Never use emojis.", "Answer in English."]).beyond == ()
    assert manner_of(["Do not answer in bullet points."]).beyond == ("Do not answer in bullet points.",)
