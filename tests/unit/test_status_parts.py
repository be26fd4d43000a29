"""The parts in words: what each is, how it does, and never a password."""

import pytest
from pydantic import SecretStr

from config.settings import Settings
from config.timings import timings
from graphs.extraction import derived
from server.parts import AWAY, parts, since
from server.status import conversations

READY = {"store": True, "checkpointer": True}


def told(
    ready: dict[str, bool] = READY, traces: str | None = None, **settings: object
) -> dict[str, dict[str, object]]:
    return {part["name"]: part for part in parts(Settings(**settings), ready, traces)}  # type: ignore[arg-type]


def test_no_part_tells_a_password() -> None:
    found = told(
        postgres=SecretStr("postgresql://ana:secret-word@db.example:5433/notes"),
        checkpointer=SecretStr("redis://:secret-word@cache.example:6380/0"),
        cache=SecretStr("redis://:secret-word@cache.example:6380/1"),
    )
    assert "secret-word" not in str(found)
    assert found["Long-term memory"]["what"] == "Postgres with pgvector at db.example:5433"
    assert found["Conversations"]["what"] == "Redis at cache.example:6380"


def test_the_threads_that_extraction_runs_on_are_no_conversations() -> None:
    talked = {"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"}
    assert conversations([*talked, *(derived(each, "ana") for each in talked)], "ana") == talked
    hidden = [derived(each, "ana", "a key of hers") for each in talked]
    assert conversations([*talked, *hidden], "ana", ["a key of hers"]) == talked


def test_what_does_not_answer_is_not_well() -> None:
    found = told({"store": False, "checkpointer": True})
    assert (found["Long-term memory"]["ok"], found["Long-term memory"]["detail"]) == (False, AWAY)
    assert found["Conversations"]["ok"] is True


def test_a_model_is_as_well_as_its_newest_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timings, "_kinds", {})
    asked = {"model": "openai:small", "openai_api_key": SecretStr("sk-0123456789abcdef")}
    assert told(**asked)["Chat model"]["detail"] == "Not asked since the server started."
    timings.of("reply").fails(TimeoutError)
    assert told(**asked)["Chat model"]["ok"] is False
    assert "TimeoutError" in str(told(**asked)["Chat model"]["detail"])
    with timings.measure("reply"):
        pass
    assert told(**asked)["Chat model"]["ok"] is True


def test_tracing_says_where_to() -> None:
    assert told()["Tracing"]["what"] == "off"
    key = SecretStr("lsv2-0123456789abcdef")
    on = told(tracing=True, langsmith_api_key=key, langsmith_project="notes", traces="https://x.example/p")
    assert on["Tracing"]["what"] == "LangSmith, project notes"
    assert "does not tell" not in str(on["Tracing"]["detail"])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (42, "42 seconds ago"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (90_000, "1 day ago"),
    ],
)
def test_a_while_in_words(seconds: float, words: str) -> None:
    assert since(seconds) == words
