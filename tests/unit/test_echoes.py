"""What an agent repeats takes no place of its own in recall; what it says of its own does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.lifecycle.language.echoes import (
    MAX_CHARS,
    adds_nothing,
    asks_of_oneself,
    echoes,
    knows_nothing,
    only_asks,
)
from memory.lifecycle.learning.build import episodes, semantic
from memory.long_term.language.lexemes import lexemes
from memory.schema import Memory
from tests.unit.memory_parts import LATER, THREAD, fact, said, turn


def without_echoes(found: list[Memory]) -> list[Memory]:
    """These memories as recall lists them: what an echo repeats stands in its place."""
    repeated, of_id = echoes(found), {memory.id: memory for memory in found}
    shown = [of_id[repeated.get(memory.id, memory.id)] for memory in found]
    return list({memory.id: memory for memory in shown}.values())


def exchange(user: str, agent: str, number: int = 1) -> tuple[Memory, Memory]:
    words, reply = episodes(turn(said(user, number), said(agent, number + 1, "assistant")), "", LATER)
    return words, reply


def noted(statement: str, words: Memory) -> Memory:
    message = said(words.detail, int(words.provenance.message_ids[0].removeprefix("m")))
    found = fact(statement, message.text, message.id)
    return semantic(THREAD, message, found, run_id=None, turn=words.turn, now=LATER)


@pytest.mark.parametrize(
    ("user", "agent"),
    [
        ("I live in Porto.", "Thanks, I'll keep that in mind: you live in Porto."),
        ("I'm allergic to peanuts.", "Got it! I'll remember that you're allergic to peanuts."),
        ("My sister Inês is visiting me.", "How lovely: your sister Inês is visiting!"),
    ],
)
def test_an_acknowledgement_adds_nothing_to_what_it_repeats(user: str, agent: str) -> None:
    words, reply = exchange(user, agent)
    assert without_echoes([reply, words]) == [words]
    assert without_echoes([words, reply]) == [words]


@pytest.mark.parametrize(
    ("user", "agent"),
    [
        ("I live in Porto.", "You live in Porto: try the Livraria Lello there."),
        ("I have a rash.", "A rash can come from a new detergent."),
        ("Is Lisbon larger than Porto?", "Lisbon is larger than Porto."),
        ("Should I take the job in Porto?", "Yes."),
        ("I tried the new bakery. How do you rate it?", "Great bakery."),
        ("Is it nice in Porto? I live there.", "Porto is nice."),
        ("I paid 20 for it.", "You paid 25 for it."),
    ],
    ids=[
        "more than that",
        "an explanation",
        "an answer",
        "a bare answer",
        "a judgement",
        "a judgement again",
        "another number",
    ],
)
def test_what_the_agent_says_of_its_own_stays(user: str, agent: str) -> None:
    words, reply = exchange(user, agent)
    assert without_echoes([reply, words]) == [reply, words]


def test_an_answer_that_only_tells_a_fact_again_gives_it_its_place() -> None:
    words, _ = exchange("I live in Porto, in a small house.", "I see.")
    known = noted("The user lives in Porto.", words)
    other = noted("The user is fond of tea.", words)
    _, answer = exchange("Where do I live?", "You live in Porto.", 5)
    assert without_echoes([answer, other, known]) == [known, other]
    assert without_echoes([answer, other]) == [answer, other]


def test_what_repeats_a_message_that_was_not_found_stays() -> None:
    _, reply = exchange("I live in Porto.", "Thanks: you live in Porto.")
    elsewhere, _ = exchange("We talked of tea. You live in Porto.", "I see.", 5)
    assert without_echoes([reply]) == [reply]
    assert without_echoes([reply, elsewhere]) == [reply, elsewhere]


def test_what_the_user_says_twice_is_no_echo() -> None:
    first, _ = exchange("I live in Porto.", "I see.")
    second, _ = exchange("I live in Porto!", "I see.", 5)
    assert without_echoes([first, second]) == [first, second]


def test_what_is_long_is_kept_without_a_look() -> None:
    words, reply = exchange("I live in Porto.", "You live in Porto. " * MAX_CHARS)
    assert without_echoes([reply, words]) == [reply, words]


SAID = ["porto", "tea", "cat", "thanks", "noted", "bakery", "Lisbon?", "20"]
WORDS = st.lists(st.sampled_from(SAID), min_size=1).map(" ".join)


@settings(max_examples=60)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=5))
def test_only_the_agents_words_are_left_out_and_none_of_them_is_lost(pairs: list[tuple[str, str]]) -> None:
    found = [memory for n, pair in enumerate(pairs) for memory in exchange(*pair, number=2 * n + 1)]
    kept = without_echoes(found[::-1])
    assert {memory.id for memory in kept} <= {memory.id for memory in found}
    assert [memory for memory in found if memory.provenance.source == "user" and memory not in kept] == []
    left_out = [memory for memory in found if memory not in kept]
    assert all(any(each.turn == memory.turn for each in kept) for memory in left_out)
    assert without_echoes(kept) == kept


@pytest.mark.parametrize(
    ("said_once", "asked", "adds_nothing"),
    [
        ("Where do I live?", "Where do I live?", True),
        ("Where do I live?", "Remind me where I live and since when.", True),
        ("Can you suggest a hotel near the harbour in Split?", "Where do I travel?", False),
        ("I live in Porto. Do you know it?", "Do you know where I live?", False),
        ("What's my job?", "Where do I live?", True),
        ("Who is visiting me, and when?", "Where do I live?", False),
        ("So what do you know about me?", "Where do I live?", True),
        ("What is my name? Where do I live?", "How many kids do I have?", True),
        ("What is my name?", "What did I ask you first?", False),
        ("Where shall we eat sardines?", "Where do I live?", False),
        ("I am new here. Where is my seat?", "Where do I live?", False),
    ],
)
def test_a_question_asked_again_is_not_answered_by_itself(
    said_once: str, asked: str, *, adds_nothing: bool
) -> None:
    [question] = episodes(turn(said(said_once, 1)), "", LATER)
    assert only_asks(question, set(lexemes(asked))) is adds_nothing


@pytest.mark.parametrize(
    ("reply", "question", "recalled", "is_echo"),
    [
        (
            "You live in Porto with your cat Zorba.",
            "Where do I live?",
            ["The user lives in Porto with their cat Zorba."],
            True,
        ),
        (
            "On 26 November 2026 you said: “I live in Porto.”",
            "Where do I live?",
            ["[2026-11-26] User: I live in Porto."],
            True,
        ),
        ("Thanks, I'll keep that in mind: you live in Porto.", "I live in Porto.", [], True),
        ("I don't have anything about that in memory.", "Where do I live?", [], True),
        ("You live in Porto, a city by the Douro.", "Where do I live?", ["The user lives in Porto."], False),
        ("Try the grilled squid at the harbour.", "Where shall I eat?", ["The user loves squid."], False),
        ("Yes.", "Do I live in Porto?", ["The user lives in Porto."], False),
    ],
)
def test_an_answer_out_of_memory_is_no_news(
    reply: str, question: str, recalled: list[str], *, is_echo: bool
) -> None:
    """Once the fact was corrected, the old answer was recalled in its place."""
    assert adds_nothing(reply, question, recalled) is is_echo


@pytest.mark.parametrize(
    ("reply", "is_nothing"),
    [
        ("I don't have anything about that in memory.", True),
        ("I'm sorry, but I don't know your blood type. Would you like to tell me?", True),
        ("Unfortunately I have no record of that. If you tell me, I'll remember it.", True),
        ("You haven’t told me where your brother works.", True),
        ("I don't know that, but you said that he lives in Braga.", False),
        ("I don't have it. It's in Porto.", False),
        ("I'm not sure, only that it was in May.", False),
        ("There is no train to Faro on Sundays.", False),
        ("I have no objection: the red one.", False),
        ("Where do you live?", False),
    ],
)
def test_the_agents_word_that_it_does_not_know_is_nothing_known(reply: str, is_nothing: bool) -> None:
    """It came first of what was recalled when the same was asked again."""
    words, answer = exchange("What is my blood type?", reply)
    assert knows_nothing(answer) is is_nothing
    assert not knows_nothing(words)
    [told] = episodes(turn(said(reply, 1)), "", LATER)
    assert not knows_nothing(told), "a user's own words"


@pytest.mark.parametrize(
    "told",
    [
        "Did I tell you that my sister moved to Oslo?",
        "Did I tell you my sister moved?",
        "Have I told you my dog died?",
        "What should I cook for my wife, who is allergic to nuts?",
        "Can you remind me to call my mother on Friday?",
        "Whenever I eat peanuts I get a rash, is that an allergy?",
        "However, I sold the car, is that a problem for my insurance?",
        "Howard and I are getting married in June, where should we go?",
        "What do I do now that my landlord has sold the flat?",
        "Where does my sister Anna work?",
        "When is my flight, the one at 7 to Oslo?",
        "How do I cook rice for my wife?",
        "What is good for my back because I have a slipped disc?",
        "Do you know my father has died?",
        "Do I need a visa as I am from Brazil?",
    ],
)
def test_what_a_question_tells_is_no_question_to_the_memory(told: str) -> None:
    """Words that told something within a question were found by no search."""
    [words] = episodes(turn(said(told, 1)), "", LATER)
    assert not only_asks(words, set(lexemes("What do you know of my family?")))


@pytest.mark.parametrize(
    "asked",
    [
        "What is my name?",
        "Where do I live?",
        "Hi, where do I live?",
        "And what am I allergic to?",
        "What did I tell you about my sister?",
        "Do you know my name?",
        "Do you remember where I live?",
        "Do I have a cat?",
        "How old is my dog?",
        "Who am I?",
    ],
)
def test_a_plain_question_about_oneself_is_one_to_the_memory(asked: str) -> None:
    [words] = episodes(turn(said(asked, 1)), "", LATER)
    assert only_asks(words, set(lexemes("Where is home?")))


@pytest.mark.parametrize(
    ("asked", "is_about_oneself"),
    [
        ("Where did I live in June 2024?", True),
        ("Did I ever live in Paris?", True),
        ("Do you know where I live?", True),
        ("Which city do I live in?", True),
        ("What are my hobbies and where did I learn them?", True),
        ("Hi! What's my name?", False),
        ("Did I tell you that my sister moved?", False),
        ("Where did I put the key that my sister gave me?", False),
        ("Can you help me find a flat in Porto?", False),
        ("How do I deploy my Flask app on AWS?", False),
        ("What do I need to pack for Iceland in May?", False),
        ("What should I do? I live in Porto.", False),
    ],
)
def test_a_question_of_ones_own_is_told_from_what_says_something(asked: str, is_about_oneself: bool) -> None:
    words, _ = exchange(asked, "All right.")
    assert asks_of_oneself(words, set(lexemes("Where do I live?"))) is is_about_oneself
    assert not asks_of_oneself(words, set(lexemes("What did I ask you?")))
