"""Settings that are fine one by one and do not go together."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pydantic import SecretStr

from config.env_file import PREFIX
from config.redaction import mask_secrets

SHORTEST_TOKEN: Final = 16


class Given(Protocol):
    """What is looked at of the settings."""

    @property
    def model(self) -> str: ...
    @property
    def extraction_model(self) -> str: ...
    @property
    def embeddings(self) -> str: ...
    @property
    def openai_api_key(self) -> SecretStr | None: ...
    @property
    def openai_base_url(self) -> str | None: ...
    @property
    def embeddings_key(self) -> SecretStr | None: ...
    @property
    def embeddings_address(self) -> str | None: ...
    @property
    def auth(self) -> str: ...
    @property
    def operator_names(self) -> Sequence[str]: ...
    @property
    def metrics_token(self) -> SecretStr: ...
    @property
    def store(self) -> str: ...
    @property
    def checkpointer(self) -> SecretStr: ...
    @property
    def cache(self) -> SecretStr: ...
    @property
    def write_batching(self) -> str: ...
    @property
    def tracing(self) -> bool: ...
    @property
    def langsmith_api_key(self) -> SecretStr | None: ...
    def keys_by_user(self) -> Mapping[str, str]: ...
    def master_keys(self) -> Mapping[str, bytes]: ...


def refuse_contradictions(given: Given) -> None:
    """Raises ValueError, one sentence that says which settings and what to do."""
    _refuse_models_without_a_key(given)
    if not given.keys_by_user() and given.auth == "keys":
        raise ValueError(f"{PREFIX}AUTH is 'keys' but {PREFIX}API_KEYS is empty: set it to user:key pairs.")
    nobody = set(given.operator_names) - set(given.keys_by_user().values())
    if nobody and given.auth == "keys":
        raise ValueError(
            f"{PREFIX}OPERATORS names {mask_secrets(min(nobody))!r}, who has no key: give them one in {PREFIX}API_KEYS."
        )
    if 0 < len(given.metrics_token.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError(f"{PREFIX}METRICS_TOKEN is too short: give it {SHORTEST_TOKEN} or more characters.")
    _refuse_wrappers_of_nothing(given)
    if given.tracing and given.langsmith_api_key is None:
        raise ValueError("LANGSMITH_TRACING is on but LANGSMITH_API_KEY is not set: put it into .env.")


def _refuse_models_without_a_key(given: Given) -> None:
    reached = bool(given.openai_api_key or given.openai_base_url)
    for name, value, can_be_asked in (
        (f"{PREFIX}MODEL", given.model, reached),
        (f"{PREFIX}EXTRACTION_MODEL", given.extraction_model, reached),
        (f"{PREFIX}EMBEDDINGS", given.embeddings, bool(given.embeddings_key or given.embeddings_address)),
    ):
        if value.startswith("openai:") and not can_be_asked:
            raise ValueError(
                f"{name} is {mask_secrets(value)!r} but OPENAI_API_KEY is not set: put it into .env, "
                "or set OPENAI_BASE_URL for a server that needs no key."
            )


def _refuse_wrappers_of_nothing(given: Given) -> None:
    seals_a_store_alone = bool(given.master_keys()) and given.checkpointer.get_secret_value() == "memory"
    for name, wanted in (
        (f"{PREFIX}CACHE", given.cache.get_secret_value() != "off"),
        (f"{PREFIX}WRITE_BATCHING", given.write_batching != "off"),
        (f"{PREFIX}ENCRYPTION_KEYS", seals_a_store_alone),
    ):
        if wanted and given.store == "memory":
            raise ValueError(
                f"{name} is for a store in Postgres: empty it, or set {PREFIX}STORE to postgres."
            )
