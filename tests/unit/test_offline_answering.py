"""Which memories bear a question out, by what it asks for: the pure rule behind "I don't have anything about that"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.offline.asked import read_question
from agents.offline.prompt import Recalled
from agents.offline.telling import answering, lines_of, speakers
from agents.offline.text import is_question
from agents.offline.verbs import base


def fact(text: str) -> Recalled:
    return Recalled(id="f", kind="semantic", text=text)


def episode(said: str, who: str = "Ann", day: str = "2026-03-02") -> Recalled:
    return Recalled(id="e", kind="episodic", text=f"[{day}] {who}: {said}")


def told(question: str, *memories: Recalled) -> list[str]:
    asked = read_question(question, speakers(memories))
    return [line.text for memory in memories for line in answering(asked, memory)[:1]]


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Where does my brother work?", "The user's brother lives in Krakow."),
        ("Where does my brother work?", "The user works at a hospital."),
        ("What is my blood type?", "The user gave blood at the hospital on 2 February 2026."),
        ("What is Tom allergic to?", "The user is allergic to penicillin."),
        ("What is Tom allergic to?", "The user's friend Tom plays the drums."),
        ("What is Ann allergic to?", "The user's friend Anna is allergic to walnuts."),
        ("Am I allergic to anything?", "The user's friend Greta is allergic to bee stings."),
        ("Am I allergic to shellfish?", "The user is allergic to peanuts."),
        ("Where was I born?", "The user's mother was born in Graz."),
        ("Do I own a boat?", "The user's brother has a boat."),
        ("What does my daughter study?", "The user's son studies physics in Vienna."),
        ("What is my wife's favourite colour?", "The user's favourite colour is green."),
        ("What car does Carla drive?", "The user drives an old Volvo."),
        ("Where do I work?", "The user is a carpenter."),
        ("What is my name?", "The user lives in Porto with their cat Zorba."),
        ("What am I called?", "The user has a dog named Rex."),
        ("When did I buy the bicycle?", "The user bought a red bicycle from their neighbour Paul."),
        ("Who did I meet in Berlin?", "The user ran a marathon in Berlin."),
        ("What did Paul study?", "The user bought a red bicycle from their neighbour Paul."),
        ("What does my dentist cost?", "The user has an appointment with the dentist on 12 March 2026."),
    ],
)
def test_what_shares_a_word_or_a_person_is_no_answer(question: str, statement: str) -> None:
    assert told(question, fact(statement)) == []


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Where does my wife work?", "The user's wife Carla works at a bakery."),
        ("Where does Carla work?", "The user's wife Carla works at a bakery."),
        ("What does my sister do?", "The user's sister Ines is a dentist."),
        ("Who is Ines?", "The user's sister Ines is a dentist."),
        ("Who is allergic to cats?", "The user's friend Tom is allergic to cats."),
        ("Am I married?", "The user's husband is called Tom."),
        ("Do I have siblings?", "The user's sister is called Ines."),
        ("How many kids do I have?", "The user has two children."),
        ("Do I like mushrooms?", "The user hates mushrooms."),
        ("What instrument do I play?", "The user plays the accordion."),
        ("Where did I go with Carla?", "The user visited Rome with Carla in June 2024."),
        ("When did I move to Lisbon?", "The user moved to Lisbon in 2019."),
        ("When do I play tennis?", "The user plays tennis on Tuesdays."),
        ("Who sold me the bicycle?", "The user bought a red bicycle from their neighbour Paul."),
        ("What blood group am I?", "The user's blood type is A positive."),
        ("what is caroline allergic to", "Caroline is allergic to nuts."),
    ],
)
def test_what_says_it_in_other_words_is_an_answer(question: str, statement: str) -> None:
    assert told(question, fact(statement)) == [statement]


def test_the_sentence_that_answers_is_told_and_not_one_that_asks() -> None:
    said = episode("Do you play the piano? I play the clarinet. It rained.")
    assert told("What does Ann play?", said) == ["I play the clarinet."]


def test_what_is_said_to_somebody_is_not_about_its_speaker() -> None:
    assert told("What car does Ann drive?", episode("Your drive to help is awesome!")) == []


def test_what_is_said_to_somebody_is_what_its_speaker_advised() -> None:
    advice = "You should read a book about dreams."
    answered = episode("Thanks, I will.", who="Ben")
    assert told("What book did Ann recommend to Ben?", episode(advice), answered) == [advice]


def test_a_name_that_is_only_called_is_not_spoken_of() -> None:
    said = episode("Hey Ann, I love camping with my family.", who="Ben")
    assert told("What does Ann love?", said) == []
    assert told("What does Ben love?", said)


@pytest.mark.parametrize("address", ["Planner, ", "Hey Planner, ", "Researcher, "])
def test_who_is_spoken_to_is_not_asked_about(address: str) -> None:
    """The team's agents had nothing about where the user lived, whom they were told."""
    known = fact("The user lives in Porto.")
    assert told(f"{address}where do I live?", known) == ["The user lives in Porto."]
    assert told(f"{address}which trains do I prefer?", known) == []


def test_he_is_whom_the_sentence_before_named() -> None:
    said = episode("Rex is so funny! He hid his bone in my slipper once.")
    assert told("Where did Rex hide his bone?", said) == ["He hid his bone in my slipper once."]


def test_what_would_be_is_not_what_is() -> None:
    assert told("Where do I live?", episode("If I lived in Oslo I would ski every day.", who="User")) == []


def test_the_day_of_saying_answers_when_something_was_and_not_when_it_is() -> None:
    assert told("When did Ann see a whale?", episode("I saw a whale near Sagres."))
    assert told("When is Ann's wedding?", episode("My wedding will be in a church.")) == []


def test_a_question_of_two_is_answered_by_each_for_itself() -> None:
    fine = fact("The user lives in Graz.")
    assert told("Where do I live?", fine)
    assert told("What is my dog called?", fine) == []


@pytest.mark.parametrize(
    ("form", "verb"), [("bought", "buy"), ("driven", "drive"), ("Went", "go"), ("live", "live"), ("", "")]
)
def test_an_irregular_form_has_its_verb(form: str, verb: str) -> None:
    assert base(form) == verb


_VOCABULARY = "Where where did does Ann Ben's my sister I you live work in Rome if would ? . , is 2024 he who"
WORDS = st.lists(st.sampled_from(_VOCABULARY.split()), max_size=25).map(" ".join)


@given(question=WORDS, said=WORDS, kind=st.sampled_from(["semantic", "episodic", "thread"]))
def test_an_answer_is_a_line_of_the_memory_and_asks_nothing(question: str, said: str, kind: str) -> None:
    text = f"[2026-03-02] Ann: {said}" if kind == "episodic" else said
    memory = Recalled(id="m", kind=kind, text=text)
    found = answering(read_question(question), memory)
    assert set(found) <= set(lines_of(memory))
    assert not any(is_question(line.text) for line in found)


@given(statement=st.sampled_from(["The user lives in Graz.", "The user's cat is called Minka."]), name=WORDS)
def test_nobody_who_is_not_named_is_told_of(statement: str, name: str) -> None:
    assert told(f"What is Zora like, {name}?", fact(statement)) == []
