"""What a run may be told from outside, and whose memories it may then touch."""

from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.runtime import ServerInfo
from pydantic import ValidationError

from agents.context import ChatContext
from agents.identity import current_context, current_user
from config.errors import UserError
from config.settings import Settings, load_settings

KEY = "canary-0123456789abcdef"


@dataclass
class User:
    identity: str
    is_authenticated: bool = True


@dataclass
class Runtime:
    context: Any = None
    server_info: ServerInfo | None = None


def server(user: Any = None) -> ServerInfo:
    return ServerInfo("assistant", "agent", user)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", f"alice:{KEY}")
    return load_settings(auth="keys")


def test_nothing_is_required() -> None:
    assert set(ChatContext().model_dump().values()) == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user", "bob"),
        ("temperature", 1),
        ("openai_api_key", KEY),
        ("user_id", ""),
        ("user_id", "u" * 201),
        ("user_id", 5),
        ("recall_limit", 0),
        ("recall_limit", 51),
        ("recall_limit", "many"),
        ("system_prompt", "p" * 20_001),
        ("model", ["offline"]),
    ],
)
def test_what_is_not_a_context_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=field):
        ChatContext.model_validate({field: value})


def test_a_context_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ChatContext().user_id = "bob"  # type: ignore[misc]


@pytest.mark.parametrize("given", [None, {}, ChatContext()])
def test_no_context_is_an_empty_one(given: Any) -> None:
    assert current_context(Runtime(given)) == ChatContext()


def test_a_mapping_is_checked_too() -> None:
    assert current_context(Runtime({"user_id": "bob"})).user_id == "bob"
    with pytest.raises(ValidationError, match="recall_limit"):
        current_context(Runtime({"recall_limit": 0}))


@pytest.mark.parametrize("context", [None, {"user_id": "bob"}])
def test_the_signed_in_user_wins(context: Any, keys: Settings) -> None:
    runtime = Runtime(context, server(User("alice")))
    assert current_user(runtime, keys) == current_user(runtime, load_settings()) == "alice"


def test_without_authentication_the_caller_names_the_user() -> None:
    configured = load_settings(user="me")
    for info in (None, server(), server(User("x", is_authenticated=False)), server(User(""))):
        assert current_user(Runtime({"user_id": "bob"}, info), configured) == "bob"
        assert current_user(Runtime(None, info), configured) == "me"


@pytest.mark.parametrize("context", [None, {"user_id": "alice"}])
@pytest.mark.parametrize("user", [None, User("alice", is_authenticated=False), User("")])
def test_s05_behind_keys_nobody_is_never_somebody(context: Any, user: Any, keys: Settings) -> None:
    with pytest.raises(UserError, match="Nobody is signed in and this server asks for a key") as caught:
        current_user(Runtime(context, server(user)), keys)
    assert KEY not in caught.value.sentence


def test_s05_nor_is_there_a_default_outside_a_server(keys: Settings) -> None:
    assert current_user(Runtime({"user_id": "bob"}), keys) == "bob"
    with pytest.raises(UserError, match="Nobody is signed in"):
        current_user(Runtime(), keys)
