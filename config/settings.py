"""Every setting, from one place: environment over `.env` over the profile's YAML over the defaults here."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from config.checked import Checked
from config.contradictions import refuse_contradictions
from config.env_file import PREFIX, dotenv, env_file, project_root
from config.errors import UserError
from config.fields import seconds as _seconds
from config.fields import setting as _setting
from config.fields import whole as _whole
from config.key_lists import keys_by_user, master_keys, parts
from config.redaction import mask_secrets
from config.wrong_settings import refuse_unknown, sentence, variable_of

HERE = Path(__file__).resolve().parent
PROFILES = ("development", "test", "production")
LOG_LEVELS = ("debug", "info", "warning", "error")


class Settings(Checked):
    """The product's settings; `load_settings()` is the way to get them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        frozen=True,
    )

    profile: Literal["development", "test", "production"] = _setting(
        "development", "Which config/<profile>.yaml to start from.", "one of " + ", ".join(PROFILES)
    )
    model: str = _setting(
        "offline",
        "The chat model: offline (rules, no key) or openai:<name>; any OpenAI-compatible server works.",
        "offline, openai:<name>, or another LangChain <provider>:<name>",
    )
    extraction_model: str = _setting(
        "", "The model that writes memories after a turn; empty means the chat model.", "as MNEMOGRAPH_MODEL"
    )
    openai_api_key: SecretStr | None = _setting(
        None, "The key for openai:<name>.", "the provider's key", env="OPENAI_API_KEY"
    )
    openai_base_url: str | None = _setting(
        None,
        "An OpenAI-compatible address, such as a vLLM, Ollama or llama.cpp server.",
        "an http:// or https:// address",
        env="OPENAI_BASE_URL",
        repr=False,
    )
    temperature: float | None = _setting(
        None, "Sampling temperature; empty leaves it to the model.", "a number from 0 to 2", ge=0, le=2
    )
    model_timeout_s: float = _seconds(60, "How long one model call may take.", 0.1, 3600)
    model_max_retries: int = _whole(
        3, "How often a 429, 5xx or time-out is tried again, with backoff.", 0, 10
    )
    context_tokens: int = _whole(
        32_000, "The model's window: older messages are summed up before they reach it.", 1_000, 2_000_000
    )
    max_message_chars: int = _whole(100_000, "The longest message that is accepted.", 1_000, 1_000_000)
    max_tool_rounds: int = _whole(8, "How many rounds of tool calls one turn may take.", 1, 50)

    embeddings: str = _setting(
        "local",
        "The embedding model: local (packaged MiniLM, on this machine), openai:<name>, or one of yours.",
        "local, openai:<name>, another LangChain <provider>:<name>, or <package>.<module>:<name>",
    )
    embeddings_api_key: SecretStr | None = _setting(
        None,
        "The key for openai:<name> embeddings; empty: OPENAI_API_KEY, unless they have an address of their own.",
        "the provider's key",
    )
    embeddings_base_url: str | None = _setting(
        None,
        "Where openai:<name> embeddings are; empty: where the chat model is, OPENAI_BASE_URL.",
        "an http:// or https:// address",
        repr=False,
    )
    embeddings_timeout_s: float = _seconds(30, "How long one embedding call may take.", 0.1, 600)

    postgres: SecretStr = _setting(
        SecretStr("embedded"),
        "Where Postgres with pgvector is; embedded starts one in the data folder.",
        "embedded, or an address such as postgresql://user:password@host:5432/database",
    )
    checkpointer: SecretStr = _setting(
        SecretStr("postgres"),
        "Short-term memory: the same Postgres, a Redis or Valkey (with RediSearch and RedisJSON, plain, or a cluster), "
        "or this process alone.",
        "postgres, memory, or an address such as redis://host:6379/0",
    )
    thread_ttl_minutes: float | None = _setting(
        None,
        "How long Redis keeps a conversation after it was last touched; empty keeps it.",
        "a number of minutes from 1 to 5,256,000",
        ge=1,
        le=5_256_000,
    )
    store: Literal["postgres", "memory"] = _setting(
        "postgres",
        "Long-term memory: Postgres, or this process alone (forgotten at its end).",
        "postgres or memory",
    )
    cache: SecretStr = _setting(
        SecretStr("off"),
        "Keep what was read from the store: in this process (right while it alone writes), or in a Redis for all.",
        "off, process, or an address such as redis://host:6379/0",
    )
    cache_max_age_s: float = _seconds(
        5,
        "How long at most a cached read is served, and a write waits while that Redis is away; alike everywhere.",
        0.1,
        30,
    )
    write_batching: Literal["off", "durable", "early"] = _setting(
        "off",
        "Write what many callers put in batches: durable returns when it is committed, early before (may be lost).",
        "off, durable or early",
    )
    write_batch_window_s: float = _seconds(0.005, "How long a write waits for others to go with it.", 0, 1)
    write_batch_queue: int = _whole(
        1_000, "How many writes may wait; after that writers wait for room.", 1, 100_000
    )
    encryption_keys: SecretStr = _setting(
        SecretStr(""),
        "Master keys that seal memories and conversations, the newest last; empty leaves them in clear.",
        "id:base64 of 32 random bytes, several with commas between",
    )
    read_clear_state: bool = _setting(
        False,
        "Read conversations in clear, too, until `mnemograph rotate-keys` has sealed what was there before the keys.",
        "true or false",
    )
    compress_state_from: int | None = _setting(
        None,
        "From how many bytes on a conversation's values are compressed, 0 is never; empty: 128 if sealed or embedded.",
        "a whole number from 0 to 10,000,000",
        ge=0,
        le=10_000_000,
    )

    data_dir: Path = _setting(
        Path(".mnemograph"), "The folder of the embedded Postgres.", "a folder that can be written"
    )
    pool_size: int = _whole(16, "Connections to Postgres, for each of the two memories.", 2, 200)
    connect_timeout_s: float = _seconds(10, "How long to wait for a database connection.", 0.1, 300)
    checkpoint_timeout_s: float = _seconds(
        30, "How long reading or writing a conversation's state may take before the turn fails.", 0.1, 600
    )
    prepared_statements: bool = _setting(
        True,
        "Prepare statements in Postgres; false behind PgBouncer in transaction mode.",
        "true or false",
    )

    state_hooks: str = _setting(
        "",
        "Your own hooks around loading and saving a conversation's state; one may refuse by raising.",
        "empty, or <package>.<module>:<name> of an object or a class",
    )
    keep_checkpoints: int = _whole(
        0, "How many of a thread's newest checkpoints maintenance keeps; 0 keeps all.", 0, 100_000
    )
    keep_checkpoints_days: int = _whole(
        0, "For how many days maintenance keeps a thread's earlier checkpoints; 0 keeps them.", 0, 36_500
    )
    keep_steps_of: int = _whole(
        5,
        "Of how many of a thread's newest turns maintenance keeps each step, of others start and end; 0 keeps all.",
        0,
        100_000,
    )
    keep_threads_days: int = _whole(
        0, "After how many days untouched maintenance deletes a thread; 0 keeps it.", 0, 36_500
    )
    consolidate_after_days: int = _whole(
        30,
        "After how many days untouched maintenance sums up and thins out what was said; its text stays. 0 is never.",
        0,
        36_500,
    )
    keep_memories: int = _whole(
        0,
        "How many memories of one owner maintenance keeps, the pinned beside them; 0 keeps all.",
        0,
        10_000_000,
    )
    sweep_interval_s: float = _seconds(
        60, "How often expired memories are deleted; no read returns them anyway.", 1, 86_400
    )
    cold_after_days: int = _whole(
        0,
        "Days until what nobody read leaves the index of meanings; it comes back when it is asked for. 0 is never.",
        0,
        36_500,
    )

    user: str = _setting(
        "local",
        "Whose memories are used when nobody signs in.",
        "1 to 200 characters",
        min_length=1,
        max_length=200,
        pattern=r"\S",
    )
    auth: Literal["none", "keys"] = _setting(
        "none", "Who may call the server: anyone who reaches it, or holders of a key.", "none or keys"
    )
    api_keys: SecretStr = _setting(
        SecretStr(""),
        "The keys, as user:key pairs with commas between.",
        "alice:<key>,bob:<key>, each key 16+ characters",
    )
    operators: str = _setting(
        "",
        "Users whose assistants all may run, whose maintenance covers everybody, and whose context has no limits.",
        "names of users in MNEMOGRAPH_API_KEYS with commas between",
    )
    context_allowed: str = _setting(
        "all",
        "Which fields of a run's context a user may set where keys are on; user_id always, as it counts for nothing.",
        "all, none, or names such as recall_limit,model",
    )
    models_allowed: str = _setting(
        "",
        "Which models a user's context may name where keys are on, beside the settings' own; empty is any.",
        "empty, or models as MNEMOGRAPH_MODEL with commas between",
    )
    metrics_token: SecretStr = _setting(
        SecretStr(""), "What /metrics asks for as a bearer token, beside the keys.", "16 or more characters"
    )
    host: str = _setting(
        "127.0.0.1",
        "The address the server listens on.",
        "an address of this machine",
        pattern=r"^[A-Za-z0-9.:%_-]+$",
    )
    port: int = _whole(2024, "The port the server listens on.", 1, 65_535)

    recall_limit: int = _whole(8, "How many memories a turn may recall.", 1, 50)
    memory_timeout_s: float = _seconds(
        10, "How long recall may hold up a reply before it goes on without.", 0.1, 300
    )
    reranker: str = _setting(
        "",
        "What puts the best of recall in order again: llm (the memory model, one call more a turn) or your own.",
        "empty, llm, or <package>.<module>:<name> of an async function or class",
    )
    rerank_timeout_s: float = _seconds(
        5, "How long reranking may hold up a reply before the order stays as it was.", 0.1, 300
    )
    rerank_candidates: int = _whole(20, "How many memories the reranker sees.", 2, 100)
    remember_timeout_s: float = _seconds(
        60,
        "How long writing memories may hold up the end of a turn; then it waits for the next one.",
        0.1,
        600,
    )
    remember: Literal["inline", "background"] = _setting(
        "inline",
        "When a turn's facts are extracted: behind the reply, or on a run of their own after a pause.",
        "inline or background",
    )
    remember_after_s: float = _seconds(
        10, "How long a pause in the conversation starts the extraction in the background.", 1, 3600
    )
    procedures: Literal["ask", "auto", "off"] = _setting(
        "ask",
        "How you want things done, in every conversation: you are asked first, it holds at once, or nothing of it.",
        "ask, auto or off",
    )
    max_facts_per_turn: int = _whole(20, "How many facts one turn may teach.", 1, 20)

    tracing: bool = _setting(
        False, "Send every graph run to LangSmith.", "true or false", env="LANGSMITH_TRACING"
    )
    langsmith_api_key: SecretStr | None = _setting(
        None, "The key for LangSmith.", "LangSmith's key", env="LANGSMITH_API_KEY"
    )
    langsmith_endpoint: str | None = _setting(
        None,
        "Another LangSmith address than the public one.",
        "an http:// or https:// address",
        env="LANGSMITH_ENDPOINT",
        repr=False,
    )
    langsmith_project: str = _setting(
        "mnemograph", "The LangSmith project.", "a name", env="LANGSMITH_PROJECT"
    )
    trace_redaction: bool = _setting(
        True, "Mask e-mail addresses, phone and card numbers and keys in traces.", "true or false"
    )
    trace_hash_key: SecretStr | None = _setting(
        None, "Keys the hash that stands for a user in traces; empty makes one a process.", "any secret"
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "How much is logged.", "one of " + ", ".join(LOG_LEVELS)
    )

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        refuse_contradictions(self)
        return self

    @property
    def memory_model(self) -> str:
        return self.extraction_model or self.model

    @property
    def operator_names(self) -> tuple[str, ...]:
        return parts(self.operators)

    @property
    def context_fields(self) -> tuple[str, ...] | None:
        """The fields that users may set; None is all of them."""
        return {"all": None, "none": ()}.get(self.context_allowed, parts(self.context_allowed))

    @property
    def offered_models(self) -> tuple[str, ...]:
        """The models that users may name; empty is any."""
        if not self.models_allowed:
            return ()
        return tuple(dict.fromkeys((self.model, self.memory_model, *parts(self.models_allowed))))

    @property
    def embeddings_address(self) -> str | None:
        """Where openai:<name> embeddings are; None is OpenAI's own."""
        return self.embeddings_base_url or self.openai_base_url

    @property
    def embeddings_key(self) -> SecretStr | None:
        """The chat model's key goes to no other address than the chat model's."""
        return self.embeddings_api_key or (None if self.embeddings_base_url else self.openai_api_key)

    @property
    def data_path(self) -> Path:
        return self.data_dir if self.data_dir.is_absolute() else project_root() / self.data_dir

    def keys_by_user(self) -> dict[str, str]:
        """Key -> user. Raises ValueError, which never repeats a key."""
        return keys_by_user(f"{PREFIX}API_KEYS", self.api_keys.get_secret_value())

    def master_keys(self) -> dict[str, bytes]:
        """Id -> key, the newest last; empty without encryption. Raises ValueError, which never repeats a key."""
        return master_keys(f"{PREFIX}ENCRYPTION_KEYS", self.encryption_keys.get_secret_value())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is theirs
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        profile = os.environ.get(f"{PREFIX}PROFILE") or dotenv().get(f"{PREFIX}PROFILE") or "development"
        if profile not in PROFILES:
            raise UserError(
                f"{PREFIX}PROFILE is {mask_secrets(profile)!r}; it must be one of {', '.join(PROFILES)}."
            )
        yaml = YamlConfigSettingsSource(settings_cls, yaml_file=HERE / f"{profile}.yaml")
        return init_settings, env_settings, dotenv_settings, yaml


def variable(name: str) -> str:
    """The environment variable of a field."""
    return variable_of(name, Settings.model_fields[name])


def load_settings(**overrides: Any) -> Settings:
    """Read the settings anew. Raises UserError, one sentence that names the setting and its legal values."""
    refuse_unknown({*os.environ, *dotenv()}, Settings.model_fields)
    try:
        return Settings(_env_file=env_file(), **overrides)
    except ValidationError as error:
        raise UserError(sentence(error, Settings.model_fields)) from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings, read once."""
    return load_settings()
