"""The state edited from outside of a run: checked by its schema, never on top of a change unseen, with hooks around."""

import asyncio
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from agents.state_checks import update_complaint
from config.errors import UserError
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from graphs.edit import StaleEdit, edit_state, if_untouched
from graphs.undo import at, redo, undo
from memory.short_term.factory import open_checkpointer
from memory.short_term.hooks import with_hooks
from memory.short_term.savers import MemorySaver
from memory.short_term.timeline import id_of
from server.state_updates import complaint
from tests.services import hooks
from tests.services.chat import ANA, say, thread
from tests.services.undoing import Crashing

THREAD = thread()["configurable"]["thread_id"]


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()


@pytest.fixture
async def chat(crashing: Crashing) -> Chat:
    await say(crashing.chat, "Hello")
    return crashing.chat


async def head(chat: Chat) -> str:
    return id_of(await chat.aget_state(at(THREAD)))


WRONG: list[tuple[Any, str]] = [
    ({"colour": 1}, "The state has no field 'colour': it has messages,"),
    ({"tasks": "x"}, "The state's tasks does not fit: input should be a valid list."),
    ({"tasks": [{"title": "x"}]}, "The state's tasks.0.done does not fit: field required."),
    (
        {"preferences": {"tone": 3}},
        "The state's preferences.tone does not fit: input should be a valid string.",
    ),
    ({"notes": {"__overwrite__": 3}}, "The state's notes does not fit"),
    ({"messages": [{"role": "martian", "content": "x"}]}, "The state's messages does not fit"),
    (
        {"messages": {"__overwrite__": [{"role": "user", "content": "x"}]}},
        "cannot be overwritten from outside",
    ),
    ({"summary": {"text": "x"}}, "The state's summary.to does not fit: field required."),
    ("text", "The state's update is not an object"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG)
async def test_what_does_not_fit_is_refused_by_the_fields_name(
    chat: Chat, values: Any, sentence: str
) -> None:
    before = (await head(chat), chat.checkpointer.storage, dict(chat.checkpointer.writes))  # type: ignore[union-attr]
    with pytest.raises(UserError) as refused:
        await edit_state(chat, ANA, THREAD, values, base=await head(chat))
    assert sentence in refused.value.sentence
    assert (await head(chat), chat.checkpointer.storage, dict(chat.checkpointer.writes)) == before  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        {"tasks": [{"title": "x", "done": True}], "notes": ["n"], "preferences": {"tone": ""}},
        {"messages": [{"role": "user", "content": "x"}], "remembered_to": "m", "warnings": []},
        {"notes": {"__overwrite__": []}, "undone": [{"turn": "m", "checkpoint": "c"}]},
        {"messages": ("user", "x"), "summary": {"text": "x", "to": "m", "by": "offline", "messages": 2}},
    ],
)
def test_what_fits_passes(values: Any) -> None:
    assert update_complaint(values) is None


def test_a_body_of_another_kind_is_the_servers_affair() -> None:
    assert complaint(b"{") is None
    assert complaint(b"[]") is None
    assert complaint(b'{"values": null, "as_node": "__copy__"}') is None
    assert complaint(b'{"values": [["x"]], "as_node": "__copy__"}') is None
    assert "no field 'x'" in str(complaint(b'{"values": [{"notes": []}, {"x": 1}]}'))


async def test_an_edit_is_made_on_the_state_that_it_names(chat: Chat) -> None:
    base = await head(chat)
    first = await edit_state(chat, ANA, THREAD, {"notes": ["a"]}, base=base)
    assert first == await head(chat)
    with pytest.raises(StaleEdit, match="went on since the checkpoint"):
        await edit_state(chat, ANA, THREAD, {"notes": ["b"]}, base=base)
    with pytest.raises(StaleEdit):
        await edit_state(chat, ANA, THREAD, {"notes": ["b"]}, base=base, policy=if_untouched)
    assert (await chat.aget_state(at(THREAD))).values["notes"] == ["a"]
    await edit_state(chat, ANA, THREAD, {"preferences": {"tone": "dry"}}, base=base, policy=if_untouched)
    state = (await chat.aget_state(at(THREAD))).values
    assert (state["notes"], state["preferences"]) == (["a"], {"tone": "dry"})

    def on_top(before: Any, now: Any, edit: Any) -> Any:
        return {"notes": [f"{note} beside {', '.join(now['notes'])}" for note in edit["notes"]]}

    await edit_state(chat, ANA, THREAD, {"notes": ["b"]}, base=base, policy=on_top)
    assert (await chat.aget_state(at(THREAD))).values["notes"] == ["a", "b beside a"]


async def test_an_edit_ends_what_can_be_redone(chat: Chat) -> None:
    await undo(chat, ANA, THREAD)
    await edit_state(chat, ANA, THREAD, {"notes": ["a"]}, base=await head(chat))
    with pytest.raises(UserError, match="nothing to redo"):
        await redo(chat, ANA, THREAD)


async def test_two_edits_at_once_do_not_lose_one_another(chat: Chat) -> None:
    base = await head(chat)
    done = await asyncio.gather(
        *(edit_state(chat, ANA, THREAD, {"notes": [str(n)]}, base=base) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, StaleEdit) for each in done) == 4
    assert len((await chat.aget_state(at(THREAD))).values["notes"]) == 1


async def test_hooks_stand_around_loading_and_saving() -> None:
    configured = Settings(checkpointer="memory", state_hooks="tests.services.hooks:Hooks")  # type: ignore[arg-type]
    hooks.SEEN.clear()
    async with open_checkpointer(configured) as saver:
        chat = compile_chat(saver, InMemoryStore())
        await say(chat, "Hello")
        assert {name for name, _, _ in hooks.SEEN} == {"before_load", "after_save"}
        before = await head(chat)
        assert ("after_load", THREAD, 2) in hooks.SEEN
        with pytest.raises(UserError, match="may not say"):
            await edit_state(chat, ANA, THREAD, {"notes": ["forbidden"]}, base=before)
        assert await head(chat) == before
        assert [each async for each in chat.aget_state_history(at(THREAD))]
        assert hasattr(saver, "athreads")


def test_hooks_that_are_not_there_are_named() -> None:
    saver = MemorySaver()
    assert with_hooks(saver, "") is saver
    with pytest.raises(UserError, match=r"MNEMOGRAPH_STATE_HOOKS is 'tests.services.hooks:Nothing'"):
        with_hooks(saver, "tests.services.hooks:Nothing")
