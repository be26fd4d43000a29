"""From a setting's value to embeddings that are safe to use."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from config.dotted import DOTTED, own_part
from config.errors import UserError
from config.loading import loaded
from memory.embeddings import local
from memory.embeddings.checked import CheckedEmbeddings, Opened, Source
from memory.embeddings.providers import PACKAGES
from memory.embeddings.workers import LOCAL, REMOTE

_LEGAL: Final = (
    "legal are local, openai:<name> (such as openai:text-embedding-3-small), <provider>:<name> "
    f"with one of the providers {', '.join(sorted(PACKAGES))}, and <package>.<module>:<name> of your own"
)


@dataclass(frozen=True)
class EmbeddingSpec:
    """What was asked for. `api_key` and `base_url` are for `openai:`; other providers read their own."""

    name: str
    api_key: SecretStr | None
    base_url: str | None
    timeout_s: float
    max_retries: int


def open_embeddings(spec: EmbeddingSpec) -> CheckedEmbeddings:
    """The embeddings that `spec.name` names; nothing is loaded before `prepare()` or the first call.

    Raises:
        UserError: the name is not a legal one, or an OpenAI model has neither key nor address.
    """
    return CheckedEmbeddings(_source(spec), spec.timeout_s)


def _source(spec: EmbeddingSpec) -> Source:
    provider, model = split_name(spec.name)
    name = f"{provider}:{model}"
    if provider == "local":
        return Source(name, _open_local, LOCAL, symmetric=True)
    if is_own(name):
        return Source(name, partial(_open_own, name), REMOTE, symmetric=False)
    if provider != "openai":
        return Source(name, partial(_open_provider, provider, model), REMOTE, symmetric=False)
    if not spec.base_url and not (spec.api_key and spec.api_key.get_secret_value()):
        raise UserError(
            f"The embedding model {name} needs an API key: set OPENAI_API_KEY, "
            "or MNEMOGRAPH_EMBEDDINGS=local, which needs none."
        )
    return Source(name, partial(_open_openai, spec, model), REMOTE, symmetric=True)


def split_name(name: str) -> tuple[str, str]:
    """Provider and model of a setting's value; `local` stands for the packaged model.

    Of embeddings of one's own, the module and the name in it.

    Raises:
        UserError: no model goes by this name; the sentence tells the legal values.
    """
    if name.strip().lower() in {"local", local.NAME.lower()}:
        name = local.NAME
    provider, _, model = (part.strip() for part in name.partition(":"))
    if is_own(name):
        return provider, model
    known = name == local.NAME or provider.lower() in PACKAGES
    if not known or not model or not model.isprintable() or " " in model:
        raise UserError(f"MNEMOGRAPH_EMBEDDINGS={_shown(name)} names no embedding model: {_LEGAL}.")
    return provider.lower(), model


def is_own(name: str) -> bool:
    """Whether it names LangChain Embeddings of one's own; no provider has a dot in its name."""
    return bool(DOTTED.fullmatch(name)) and "." in name.partition(":")[0]


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")


def _open_local() -> Opened:
    model = local.load_local()
    return Opened(model, model.dims)


def _open_openai(spec: EmbeddingSpec, model: str) -> Opened:
    client, close = _remote().open_openai(
        model, spec.api_key, spec.base_url, spec.timeout_s, spec.max_retries
    )
    return Opened(client, None, close)


def _open_own(name: str) -> Opened:
    """Raises UserError when it cannot be imported, or is something else."""
    made = own_part("MNEMOGRAPH_EMBEDDINGS", name, "LangChain Embeddings, or a class that takes no arguments")
    if not isinstance(made, Embeddings):
        raise UserError(
            f"MNEMOGRAPH_EMBEDDINGS is {name!r}, which is a {type(made).__name__}: make it a subclass of "
            "langchain_core.embeddings.Embeddings."
        )
    return Opened(made, None)


def _open_provider(provider: str, model: str) -> Opened:
    return Opened(_remote().open_provider(provider, model), None)


def _remote() -> Any:
    """Providers' clients are a fifth of what a process loads, and the packaged model needs none of them."""
    return loaded("memory.embeddings.remote")
