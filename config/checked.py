"""What a setting's text must be, setting by setting, before it is one."""

import re

from pydantic import SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from config.dotted import DOTTED
from config.fields import address, sendable_key, web_address

LISTED = {
    "operators": re.compile(r"[^,]*\S[^,]*"),
    "context_allowed": re.compile(r"[a-z_][a-z0-9_]*"),
    "models_allowed": re.compile(r"offline|[A-Za-z][\w-]*:[^,]*\S[^,]*"),
}


class Checked(BaseSettings):
    """The checks of the settings' texts. Each raises ValueError, which wrong_settings.py puts in words."""

    @field_validator("openai_base_url", "embeddings_base_url", "langsmith_endpoint", check_fields=False)
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value)

    @field_validator("openai_api_key", "embeddings_api_key", "langsmith_api_key", check_fields=False)
    @classmethod
    def _sendable_key(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else sendable_key(value)

    @field_validator("postgres", check_fields=False)
    @classmethod
    def _postgres_address(cls, value: SecretStr) -> SecretStr:
        return address(value, ("embedded",), ("postgresql", "postgres"))

    @field_validator("checkpointer", check_fields=False)
    @classmethod
    def _checkpointer_address(cls, value: SecretStr) -> SecretStr:
        return address(value, ("postgres", "memory"), ("redis", "rediss"))

    @field_validator("cache", check_fields=False)
    @classmethod
    def _cache_address(cls, value: SecretStr) -> SecretStr:
        return address(value, ("off", "process"), ("redis", "rediss"))

    @field_validator("model", "extraction_model", "embeddings", check_fields=False)
    @classmethod
    def _model_name(cls, value: str, info: ValidationInfo) -> str:
        words = {"model": ("offline",), "extraction_model": ("", "offline"), "embeddings": ("local",)}
        provider, colon, name = value.partition(":")
        if value not in words[str(info.field_name)] and not (provider.strip() and colon and name.strip()):
            raise ValueError("not a model")
        return value

    @field_validator("operators", "context_allowed", "models_allowed", check_fields=False)
    @classmethod
    def _listed(cls, value: str, info: ValidationInfo) -> str:
        form = LISTED[str(info.field_name)]
        if value and not all(form.fullmatch(part.strip()) for part in value.split(",")):
            raise ValueError("not such a list")
        return value

    @field_validator("reranker", "state_hooks", check_fields=False)
    @classmethod
    def _dotted_name(cls, value: str, info: ValidationInfo) -> str:
        words = {"reranker": ("", "llm"), "state_hooks": ("",)}
        if value not in words[str(info.field_name)] and not DOTTED.fullmatch(value):
            raise ValueError("not a dotted name")
        return value
