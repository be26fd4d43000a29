"""Each setting: its default, where it may come from, and the sentence for a value that is not legal."""

import base64
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

import config.settings
from config.errors import UserError
from config.settings import Settings, load_settings, settings, variable

KEY = "canary-0123456789abcdef"
MASTER = base64.b64encode(bytes(range(32))).decode()


class Row(NamedTuple):
    """What a setting is by default, two other legal values of it, and one that is not legal."""

    default: Any
    first: str
    second: str
    wrong: str | None
    legal: str


ROWS = {
    "profile": Row("development", "test", "development", "staging", "one of development, test, production"),
    "model": Row("offline", "anthropic:claude", "ollama:llama3:8b", "gpt-4", "offline, openai:<name>"),
    "extraction_model": Row("", "anthropic:claude", "offline", "local", "as MNEMOGRAPH_MODEL"),
    "openai_api_key": Row(None, "sk-one", "sk-two", "sk-…", "the provider's key"),
    "openai_base_url": Row(
        None, "http://one/v1", "https://two/v1", "one:8000", "an http:// or https:// address"
    ),
    "temperature": Row(None, "0", "1.5", "2.1", "a number from 0 to 2"),
    "model_timeout_s": Row(60, "0.5", "90", "0", "a number of seconds from 0.1 to 3600"),
    "model_max_retries": Row(3, "0", "10", "11", "a whole number from 0 to 10"),
    "context_tokens": Row(32_000, "8000", "128000", "many", "a whole number from 1,000 to 2,000,000"),
    "max_message_chars": Row(100_000, "2000", "5000", "1000001", "a whole number from 1,000 to 1,000,000"),
    "max_tool_rounds": Row(8, "1", "50", "0", "a whole number from 1 to 50"),
    "embeddings": Row("local", "cohere:embed", "my_package.vectors:Mine", "offline", "local, openai:<name>"),
    "embeddings_api_key": Row(None, "sk-one", "sk-two", "sk-…", "the provider's key"),
    "embeddings_base_url": Row(
        None, "http://one/v1", "https://two/v1", "one:8000", "an http:// or https:// address"
    ),
    "embeddings_timeout_s": Row(30, "1", "600", "601", "a number of seconds from 0.1 to 600"),
    "postgres": Row(
        "embedded",
        "postgresql://one/db",
        "postgres://two/db",
        f"mysql://u:{KEY}@h/db",
        "embedded, or an address",
    ),
    "checkpointer": Row(
        "postgres", "memory", "rediss://two:6379/0", f"redis:u:{KEY}@h", "postgres, memory, or an address"
    ),
    "thread_ttl_minutes": Row(None, "1", "1440", "0", "a number of minutes from 1 to 5,256,000"),
    "store": Row("postgres", "memory", "postgres", "redis", "postgres or memory"),
    "cache": Row("off", "process", "rediss://two:6379/0", f"redis:u:{KEY}@h", "off, process, or an address"),
    "cache_max_age_s": Row(5, "0.1", "30", "31", "a number of seconds from 0.1 to 30"),
    "write_batching": Row("off", "durable", "early", "on", "off, durable or early"),
    "write_batch_window_s": Row(0.005, "0", "1", "2", "a number of seconds from 0 to 1"),
    "write_batch_queue": Row(1_000, "1", "100000", "0", "a whole number from 1 to 100,000"),
    "encryption_keys": Row("", f"a:{MASTER}", f"a:{MASTER},b:{MASTER}", f"a:{KEY}", "id:base64"),
    "read_clear_state": Row(False, "true", "false", "sometimes", "true or false"),
    "compress_state_from": Row(None, "0", "4096", "-1", "a whole number from 0 to 10,000,000"),
    "data_dir": Row(Path(".mnemograph"), "one", "/srv/two", None, "a folder that can be written"),
    "pool_size": Row(16, "2", "200", "1", "a whole number from 2 to 200"),
    "connect_timeout_s": Row(10, "0.1", "300", "-1", "a number of seconds from 0.1 to 300"),
    "checkpoint_timeout_s": Row(30, "1", "60", "0", "a number of seconds from 0.1 to 600"),
    "prepared_statements": Row(True, "false", "true", "sometimes", "true or false"),
    "state_hooks": Row("", "hooks:Mine", "my_package.hooks:Mine", "hooks", "empty, or <package>"),
    "keep_checkpoints": Row(0, "1", "100000", "-1", "a whole number from 0 to 100,000"),
    "keep_checkpoints_days": Row(0, "1", "30", "soon", "a whole number from 0 to 36,500"),
    "keep_steps_of": Row(5, "0", "100000", "-1", "a whole number from 0 to 100,000"),
    "keep_threads_days": Row(0, "1", "365", "-1", "a whole number from 0 to 36,500"),
    "consolidate_after_days": Row(30, "0", "365", "-1", "a whole number from 0 to 36,500"),
    "keep_memories": Row(0, "1", "100000", "-1", "a whole number from 0 to 10,000,000"),
    "sweep_interval_s": Row(60, "1", "3600", "0", "a number of seconds from 1 to 86400"),
    "cold_after_days": Row(0, "365", "30", "-1", "a whole number from 0 to 36,500"),
    "user": Row("local", "alice", "bob", "u" * 201, "1 to 200 characters"),
    "auth": Row("none", "keys", "none", "password", "none or keys"),
    "api_keys": Row("", f"alice:{KEY}", f"bob:{KEY}2", f"alice={KEY}", "user:key"),
    "operators": Row("", "ana", "ana,bob", "ana,,bob", "names of users in MNEMOGRAPH_API_KEYS"),
    "context_allowed": Row("all", "none", "recall_limit,model", "the model", "all, none, or names"),
    "models_allowed": Row("", "openai:a", "openai:a,offline", "gpt", "empty, or models as MNEMOGRAPH_MODEL"),
    "metrics_token": Row("", KEY, f"{KEY}2", "abc123", "16 or more characters"),
    "host": Row("127.0.0.1", "0.0.0.0", "::1", "http://here", "an address of this machine"),  # noqa: S104
    "port": Row(2024, "1", "65535", "65536", "a whole number from 1 to 65,535"),
    "recall_limit": Row(8, "1", "50", "51", "a whole number from 1 to 50"),
    "memory_timeout_s": Row(10, "1", "2", "nan", "a number of seconds from 0.1 to 300"),
    "reranker": Row("", "llm", "my_package.ranking:rerank", "cohere", "empty, llm, or <package>"),
    "rerank_timeout_s": Row(5, "1", "2", "0", "a number of seconds from 0.1 to 300"),
    "rerank_candidates": Row(20, "2", "100", "1", "a whole number from 2 to 100"),
    "remember_timeout_s": Row(60, "1", "2", "0", "a number of seconds from 0.1 to 600"),
    "remember": Row("inline", "background", "inline", "later", "inline or background"),
    "remember_after_s": Row(10, "2.5", "60", "0.5", "a number of seconds from 1 to 3600"),
    "procedures": Row("ask", "auto", "off", "yes", "ask, auto or off"),
    "max_facts_per_turn": Row(20, "1", "2", "21", "a whole number from 1 to 20"),
    "tracing": Row(False, "true", "false", "perhaps", "true or false"),
    "langsmith_api_key": Row(None, "ls-one", "ls-two", "ls one", "LangSmith's key"),
    "langsmith_endpoint": Row(
        None, "http://one", "https://two", "ftp://one", "an http:// or https:// address"
    ),
    "langsmith_project": Row("mnemograph", "one", "two", None, "a name"),
    "trace_redaction": Row(True, "false", "true", "2", "true or false"),
    "trace_hash_key": Row(None, "one", "two", None, "any secret"),
    "log_level": Row("info", "debug", "error", "loud", "one of debug, info, warning, error"),
}
# Any text is a project's name or a secret to hash with; a folder is looked at where it is used.
ANY_TEXT = {"data_dir", "langsmith_project", "trace_hash_key"}
SECRETS = [name for name, info in Settings.model_fields.items() if "Secret" in str(info.annotation)]
NEEDS = {"auth": {"MNEMOGRAPH_API_KEYS": f"alice:{KEY}"}, "tracing": {"LANGSMITH_API_KEY": KEY}}

WRONG_PLACES = [
    (name, place)
    for name in ROWS
    for place in ("environment", "env_file", "yaml")
    if name not in ANY_TEXT and (name, place) != ("profile", "yaml")
]

every_layered_setting = pytest.mark.parametrize("name", [name for name in ROWS if name != "profile"])


@pytest.fixture
def needs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else must be set for the setting under test to be legal."""
    for other, value in NEEDS.get(request.node.callspec.params["name"], {}).items():
        monkeypatch.setenv(other, value)


def plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def same(name: str, text: str) -> bool:
    """Whether the loaded setting is what this text means."""
    found = plain(getattr(load_settings(), name))
    if isinstance(found, bool):
        return found is (text == "true")
    return bool(found == type(found)(text))


def refused() -> str:
    with pytest.raises(UserError) as caught:
        load_settings()
    return caught.value.sentence


def test_the_table_has_every_setting_and_a_wrong_value_for_all_that_have_one() -> None:
    assert list(ROWS) == list(Settings.model_fields)
    assert {name for name, row in ROWS.items() if row.wrong is None} == ANY_TEXT


@pytest.mark.parametrize("name", list(ROWS))
def test_default(name: str) -> None:
    assert plain(Settings.model_fields[name].default) == ROWS[name].default
    assert plain(getattr(load_settings(), name)) == ROWS[name].default


@every_layered_setting
@pytest.mark.usefixtures("needs")
def test_environment_over_env_file_over_profile_over_default(
    name: str, env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS[name]
    monkeypatch.setattr(config.settings, "HERE", tmp_path)
    (tmp_path / "development.yaml").write_text(f'{name}: "{row.first}"\n', encoding="utf-8")
    assert same(name, row.first)
    env_file.write_text(f"{variable(name)}={row.second}\n", encoding="utf-8")
    assert same(name, row.second)
    monkeypatch.setenv(variable(name), row.first)
    assert same(name, row.first)


@every_layered_setting
@pytest.mark.usefixtures("needs")
def test_an_empty_variable_is_no_setting(name: str, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), "")
    env_file.write_text(f"{variable(name)}=\n", encoding="utf-8")
    assert plain(getattr(load_settings(), name)) == ROWS[name].default


@pytest.mark.parametrize(("name", "place"), WRONG_PLACES)
@pytest.mark.usefixtures("needs")
def test_a_wrong_value_is_one_sentence(
    name: str, place: str, env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS[name]
    if place == "environment":
        monkeypatch.setenv(variable(name), str(row.wrong))
    elif place == "env_file":
        env_file.write_text(f"{variable(name)}={row.wrong}\n", encoding="utf-8")
    else:
        monkeypatch.setattr(config.settings, "HERE", tmp_path)
        (tmp_path / "development.yaml").write_text(f'{name}: "{row.wrong}"\n', encoding="utf-8")
    sentence = refused()
    assert sentence.startswith(variable(name))
    assert row.legal in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert (str(row.wrong) in sentence) == (name not in SECRETS)


@pytest.mark.parametrize(
    ("name", "value"), [("port", "ten"), ("model_timeout_s", "soon"), ("temperature", "inf")]
)
def test_a_word_is_no_number(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), value)
    assert refused() == f"{variable(name)} is {value!r}; it must be {ROWS[name].legal}."


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql://", "embedded "])
def test_half_an_address_is_none(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_POSTGRES", scheme)
    assert refused().startswith("MNEMOGRAPH_POSTGRES is not legal; it must be embedded, or an address")


def test_a_blank_user_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_USER", "  ")
    assert refused() == "MNEMOGRAPH_USER is '  '; it must be 1 to 200 characters."


@pytest.mark.parametrize("given", [f"{KEY}\n", f" {KEY}"])
def test_a_key_from_a_file_loses_its_line_end(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", given)
    assert plain(load_settings().openai_api_key) == KEY


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("MNEMOGRAPH_MODLE", "did you mean MNEMOGRAPH_MODEL?"),
        ("MNEMOGRAPH_API_KEY", "did you mean MNEMOGRAPH_API_KEYS?"),
        ("MNEMOGRAPH_OPENAI_API_KEY", "did you mean OPENAI_API_KEY?"),
        ("MNEMOGRAPH_ZZZZ", "see .env.example for those there are."),
    ],
)
@pytest.mark.parametrize("place", ["environment", "env_file"])
def test_an_unknown_variable_gets_a_hint(
    given: str, meant: str, place: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "environment":
        monkeypatch.setenv(given, KEY)
    else:
        env_file.write_text(f"{given}={KEY}\n", encoding="utf-8")
    assert refused() == f"{given} is not a setting; {meant}"


def test_other_programs_variables_are_none_of_ours(env_file: Path) -> None:
    env_file.write_text("SOMEBODY_ELSES=1\n", encoding="utf-8")
    assert load_settings().model == "offline"


def test_an_env_file_with_a_byte_order_mark_is_read(env_file: Path) -> None:
    env_file.write_text("\ufeffMNEMOGRAPH_PORT=3000\n", encoding="utf-8")
    assert load_settings().port == 3000


def test_an_env_file_that_is_no_text_is_named(env_file: Path) -> None:
    env_file.write_bytes(b"MNEMOGRAPH_USER=Jos\xe9\n")
    assert refused() == f"{env_file} cannot be read: it is not UTF-8 text."


@pytest.mark.parametrize("name", ["model", "extraction_model", "embeddings"])
def test_a_hosted_model_needs_a_key_or_an_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), "openai:some-model")
    sentence = refused()
    assert sentence.startswith(f"{variable(name)} is 'openai:some-model' but OPENAI_API_KEY is not set")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert getattr(load_settings(), name) == "openai:some-model"


def test_chat_and_embeddings_may_live_at_two_addresses_with_two_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-chat")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://chat/v1")
    monkeypatch.setenv("MNEMOGRAPH_EMBEDDINGS", "openai:e5")
    both = load_settings()
    assert (plain(both.embeddings_key), both.embeddings_address) == ("sk-chat", "http://chat/v1")
    monkeypatch.setenv("MNEMOGRAPH_EMBEDDINGS_BASE_URL", "http://vectors/v1")
    apart = load_settings()
    assert (apart.embeddings_key, apart.embeddings_address) == (None, "http://vectors/v1")
    monkeypatch.setenv("MNEMOGRAPH_EMBEDDINGS_API_KEY", "sk-vectors")
    assert plain(load_settings().embeddings_key) == "sk-vectors"
    assert plain(load_settings().openai_api_key) == "sk-chat"


def test_tracing_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    assert refused() == "LANGSMITH_TRACING is on but LANGSMITH_API_KEY is not set: put it into .env."


def test_the_profile_chooses_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text("MNEMOGRAPH_PROFILE=test\n", encoding="utf-8")
    assert (load_settings().profile, load_settings().model_timeout_s) == ("test", 10)
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "development")
    assert (load_settings().profile, load_settings().model_timeout_s) == ("development", 60)


def test_production_is_for_holders_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "production")
    assert (
        refused() == "MNEMOGRAPH_AUTH is 'keys' but MNEMOGRAPH_API_KEYS is empty: set it to user:key pairs."
    )
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", f"alice:{KEY}")
    found = load_settings()
    assert (found.auth, found.pool_size, found.keys_by_user()) == ("keys", 32, {KEY: "alice"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("CACHE", "process"), ("WRITE_BATCHING", "early"), ("ENCRYPTION_KEYS", f"a:{MASTER}")],
)
def test_a_store_of_this_process_alone_has_no_wrappers(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MNEMOGRAPH_{name}", value)
    monkeypatch.setenv("MNEMOGRAPH_STORE", "memory")
    # Keys also seal conversations.
    monkeypatch.setenv("MNEMOGRAPH_CHECKPOINTER", "memory")
    sentence = refused()
    assert sentence.startswith(f"MNEMOGRAPH_{name} is for a store in Postgres")
    assert MASTER not in sentence


def test_master_keys_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_ENCRYPTION_KEYS", f"old:{MASTER}, new:{MASTER}")
    assert list(load_settings().master_keys().items()) == [
        ("old", bytes(range(32))),
        ("new", bytes(range(32))),
    ]


def test_keys_by_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", f" alice:{KEY}1 , team:bob: {KEY}2,, ")
    assert load_settings().keys_by_user() == {f"{KEY}1": "alice", f"{KEY}2": "team:bob"}


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (f"alice:{KEY},bob", "pair 2 is not user:key with a key of 16 or more characters."),
        (f"alice:{KEY},bob:short", "pair 2 is not user:key with a key of 16 or more characters."),
        (f":{KEY}", "pair 1 is not user:key with a key of 16 or more characters."),
        (f"alice:{KEY},bob:cl\u00e9-{KEY}", "pair 2 has a key beyond ASCII, which no header carries safely."),
        (f"alice:{KEY},bob:{KEY}", "pair 2 has the key of an earlier pair."),
    ],
)
def test_pairs_that_are_none(pairs: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", pairs)
    assert refused() == f"MNEMOGRAPH_API_KEYS: {why}"


def test_secrets_are_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "openai_api_key": KEY,
        "openai_base_url": f"http://someone:{KEY}@host/v1",
        "embeddings_api_key": KEY,
        "embeddings_base_url": f"http://someone:{KEY}@host/v1",
        "postgres": f"postgresql://someone:{KEY}@host/db",
        "checkpointer": f"redis://:{KEY}@host",
        "cache": f"redis://:{KEY}@host",
        "encryption_keys": f"a:{MASTER}",
        "api_keys": f"alice:{KEY}",
        "metrics_token": KEY,
        "langsmith_api_key": KEY,
        "langsmith_endpoint": f"https://someone:{KEY}@host",
        "trace_hash_key": KEY,
    }
    assert set(SECRETS) <= set(given)
    for name, value in given.items():
        monkeypatch.setenv(variable(name), value)
    found = load_settings()
    for name, value in given.items():
        assert plain(getattr(found, name)) == value
    shown = f"{found!r}{found!s}{found.model_dump()['openai_api_key']}"
    assert KEY not in shown
    assert MASTER not in shown


@pytest.mark.parametrize(
    "name",
    ["model", "log_level", "user", "openai_base_url", "embeddings_base_url", "langsmith_endpoint", "profile"],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-proj-canary0123456789abcdef"
    filler = "u" * 200 if name == "user" else ""
    monkeypatch.setenv(variable(name), f"{filler} {secret}".strip())
    sentence = refused()
    assert sentence.startswith(variable(name))
    assert "canary" not in sentence


def test_a_process_reads_its_settings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings()
    monkeypatch.setenv("MNEMOGRAPH_PORT", "3000")
    assert settings() is first
    assert load_settings().port == 3000
