"""In the terminal, a message that is sent again after a failure is the same message."""

import pytest

from agents.nodes import respond
from cli.conversation import Conversation
from config.errors import UserError
from config.settings import settings
from graphs.undo import at
from tests.services.chat import ANA, episodes
from tests.services.undoing import Crash, Crashing

SAID = "I have a dog named Rex."


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()


async def test_a_lost_turns_episode_stayed_beside_that_of_the_message_sent_again(crashing: Crashing) -> None:
    writes = await _writes_of_a_turn(crashing)
    for number in range(1, writes + 1):
        for after in (False, True):
            talk = Conversation(crashing.chat, f"{ANA}-{number}-{after}")
            crashing.failpoint.arm(number, after=after)
            with pytest.raises(Crash):
                await talk.say(SAID)
            crashing.failpoint.arm(0, after=False)
            assert "Rex" in await talk.say(SAID), (number, after)
            assert talk.unanswered is None
            messages = await talk.messages()
            assert [m.type for m in messages] == ["human", "ai"], (number, after)
            assert len(await episodes(crashing.store, talk.user_id)) == 1, (number, after)


async def _writes_of_a_turn(crashing: Crashing) -> int:
    crashing.failpoint.arm(0, after=False)
    await Conversation(crashing.chat, "counting").say(SAID)
    return crashing.failpoint.count


async def test_a_message_that_the_model_failed_to_answer_is_answered_when_it_is_sent_again(
    crashing: Crashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise UserError("The model is away.")

    talk = Conversation(crashing.chat, ANA)
    with monkeypatch.context() as patched:
        patched.setattr(respond, "_answer", away)
        assert await talk.say(SAID) == "The model is away."
    assert "Rex" in await talk.say(SAID)
    assert [m.type for m in await talk.messages()] == ["human", "ai"]


async def test_the_same_words_said_again_later_are_another_message(crashing: Crashing) -> None:
    talk = Conversation(crashing.chat, ANA)
    for _ in range(2):
        await talk.say("Hello")
    state = await crashing.chat.aget_state(at(talk.thread_id))
    assert [m.type for m in state.values["messages"]] == ["human", "ai", "human", "ai"]
