"""What was said in a conversation and holds no longer: which words the model is told of, and which it never sees."""

from datetime import timedelta

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage

from agents.offline.chat_model import OfflineChatModel
from agents.offline.prompt import read_prompt
from agents.prompts import system_message
from agents.unsaid import GONE, said_before, without_forgotten
from memory.lifecycle.changing.change import emptied
from memory.lifecycle.learning.remember import put
from memory.lifecycle.recalling.unsaid import MAX_READ, MAX_SHOWN, Unsaid, taken_back, unsaid
from memory.schema import Memory, Status, Withdrawn
from tests.unit.memory_parts import ME, NOON, THREAD, Watched, told


def over(text: str, *words: str, ago: int | None = None) -> Memory:
    until = None if ago is None else NOON - timedelta(days=ago)
    return told(text).model_copy(
        update={"withdrawn": [Withdrawn(of="f", words=each, until=until) for each in words]}
    )


def row(message_id: str, words: str, until: str | None = None) -> Unsaid:
    return Unsaid(message_id=message_id, words=words, until=until)


def test_words_that_ended_are_told_and_a_forgotten_message_is_named_without_words() -> None:
    said = {"a": "I live in Porto.", "b": "I hate olives.", "c": "I have a cat."}
    found = taken_back(
        {
            "a": over("I live in Porto.", "I live in Porto", ago=1),
            "b": emptied(told("I hate olives.")),
            "c": told("I have a cat."),
        },
        said,
    )
    assert found == [row("b", ""), row("a", "I live in Porto", "2026-05-02T12:00:00+00:00")]


def test_what_is_said_again_later_holds() -> None:
    said = {"a": "I live in Porto.", "b": "I live in Lisbon.", "c": "Now I live in  porto again."}
    episodes = {name: over(text, text.rstrip("."), ago=1) for name, text in said.items() if name != "c"}
    assert [each["words"] for each in taken_back(episodes, said)] == ["I live in Lisbon"]
    said_twice = {"a": "I live in Porto.", "c": "I live in Porto."}
    both = {name: over(text, "I live in Porto", ago=1) for name, text in said_twice.items()}
    assert len(taken_back(both, said_twice)) == 2


def test_what_is_asked_or_denied_later_is_not_said_again() -> None:
    said = {"a": "I like coffee.", "b": "Do I like coffee?", "c": "It is not so that I like coffee."}
    assert [each["words"] for each in taken_back({"a": over("I like coffee.", "I like coffee")}, said)] == [
        "I like coffee"
    ]


def test_a_message_that_was_retracted_as_a_whole_was_never_so() -> None:
    wrong = told("I live in Porto.").model_copy(update={"status": Status.RETRACTED})
    assert taken_back({"a": wrong}, {"a": "I live in Porto."}) == [row("a", "I live in Porto.")]


def test_the_newest_are_told_and_no_more_than_fit() -> None:
    said = {f"m{n}": f"I have {n} cats." for n in range(MAX_SHOWN + 5)}
    found = taken_back({name: over(text, text) for name, text in said.items()}, said)
    assert [each["message_id"] for each in found] == list(said)[-MAX_SHOWN:]


async def test_episodes_are_read_by_key_in_one_batch_and_not_without_end() -> None:
    store = Watched()
    episode = over("I live in Porto.", "I live in Porto")
    [message_id] = episode.provenance.message_ids
    await store.abatch([put(ME, episode)])
    store.batches.clear()
    said = {f"old{n}": "…" for n in range(2 * MAX_READ)} | {message_id: "I live in Porto."}
    assert await unsaid([store], ME, THREAD, said) == [row(message_id, "I live in Porto")]
    assert [len(batch) for batch in store.batches] == [MAX_READ]
    assert await unsaid([store], ME, THREAD, {}) == []
    assert len(store.batches) == 1


CALL = {
    "name": "save_memory",
    "args": {"statement": "The user hates olives."},
    "id": "1",
    "type": "tool_call",
}
TALK: list[AnyMessage] = [
    HumanMessage("Remember that I hate olives.", id="a"),
    AIMessage("", id="b", tool_calls=[CALL]),
    ToolMessage("Saved: The user hates olives.", id="c", tool_call_id="1"),
    AIMessage("Noted: olives.", id="d"),
    HumanMessage("And I like tea.", id="e"),
    AIMessage("Good.", id="f"),
    HumanMessage("Olives?", id="g"),
]


def test_of_a_forgotten_turn_no_word_is_shown_nor_what_a_tool_was_given() -> None:
    shown = without_forgotten(TALK, [row("a", ""), row("d", "")])
    assert [(str(each.text), each.id) for each in shown[:2]] == [(GONE, "a"), (GONE, "d")]
    assert shown[2:] == TALK[4:]
    assert "olives" not in str(shown[:4]).casefold()


def test_a_reply_that_repeated_it_goes_and_what_was_asked_stays() -> None:
    assert [str(m.text) for m in without_forgotten(TALK, [row("f", "")])][-3:] == [
        "And I like tea.",
        GONE,
        "Olives?",
    ]


def test_the_turn_at_hand_and_what_only_ended_stay_whole() -> None:
    assert without_forgotten(TALK, [row("g", ""), row("a", "I hate olives")]) == TALK
    assert list(said_before(TALK)) == ["a", "d", "e", "f"]


def test_the_offline_model_takes_none_of_it_for_said() -> None:
    system = system_message(
        None, recalled=[], session={}, now=NOON, unsaid=[row("a", "I hate olives"), row("b", "")]
    )
    said = [HumanMessage("I hate olives. I like tea."), HumanMessage(GONE), HumanMessage("So?")]
    assert read_prompt([SystemMessage(system), *said]).earlier == ("I like tea.",)


def test_what_is_unknown_after_a_forgetting_may_be_what_was_forgotten() -> None:
    """ "You have not told me yet" was no true answer to somebody who had told it and had it forgotten."""
    system = system_message(None, recalled=[], session={}, now=NOON, unsaid=[row("b", "")])
    asked = [SystemMessage(system), HumanMessage(GONE), AIMessage(GONE), HumanMessage("Where do I live?")]
    reply = str(OfflineChatModel().invoke(asked).content)
    assert "what you asked me to forget in this conversation, it is gone" in reply
    assert "not told me" not in reply
