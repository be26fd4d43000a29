"""Embedding models that other packages speak to: OpenAI-compatible servers, and LangChain's providers."""

from collections.abc import Callable
from typing import Any, Final

from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings
from langchain_openai import OpenAIEmbeddings
from openai import DefaultHttpxClient
from pydantic import SecretStr

from config.errors import UserError
from memory.embeddings.providers import PACKAGES

OPENAI_URL: Final = "https://api.openai.com/v1"
# Servers on one's own machine want no key, and the client wants one.
NO_KEY: Final = SecretStr("none")


def open_openai(
    model: str, api_key: SecretStr | None, base_url: str | None, timeout_s: float, max_retries: int
) -> tuple[OpenAIEmbeddings, Callable[[], None]]:
    """A client of OpenAI or of any server that speaks its protocol, and what closes its connections.

    Key and address never come from the environment. The encoding is left unset: the client then asks
    for base64, decodes it, and also takes floats.
    """
    connections = DefaultHttpxClient()
    client = OpenAIEmbeddings(
        model=model,
        openai_api_key=api_key or NO_KEY,
        openai_api_base=base_url or OPENAI_URL,
        request_timeout=timeout_s,
        max_retries=max_retries,
        openai_api_type="openai",
        openai_proxy=None,
        http_client=connections,
        # Counting tokens would download tiktoken's table, and send token ids that other servers refuse.
        check_embedding_ctx_length=False,
    )
    return client, connections.close


def open_provider(provider: str, model: str) -> Embeddings:
    """Any other of LangChain's providers; each reads its own key and address from its own variables.

    Raises:
        UserError: its package is not installed, or it refused to start.
    """
    options: dict[str, Any] = {"check_embedding_ctx_length": False} if provider == "azure_openai" else {}
    name = f"{provider}:{model}"
    try:
        return init_embeddings(name, **options)
    except ImportError as error:
        raise UserError(
            f"The embedding model {name} needs a package that is not installed: "
            f"run `pip install {PACKAGES[provider]}`."
        ) from error
    except Exception as error:  # noqa: BLE001 - each provider raises its own kinds
        # A provider's own words may quote the key: only their kind is told, and no cause is kept.
        raise UserError(
            f"The embedding model {name} could not be opened ({type(error).__name__}): check its name, "
            f"and the key and address that {PACKAGES[provider]} reads from the environment."
        ) from None
