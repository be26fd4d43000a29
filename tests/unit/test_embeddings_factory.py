import sys
from typing import Any

import pytest
from langchain.embeddings import base as langchain_embeddings
from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from config.errors import UserError
from config.settings import Settings
from memory.embeddings import remote
from memory.embeddings.checked import CheckedEmbeddings
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
from memory.embeddings.providers import PACKAGES
from memory.long_term import factory as long_term

KEY = SecretStr("sk-canary")


def spec(name: str, key: SecretStr | None = KEY, url: str | None = None) -> EmbeddingSpec:
    return EmbeddingSpec(name=name, api_key=key, base_url=url, timeout_s=7, max_retries=3)


@pytest.mark.parametrize("name", ["local", " Local ", "local:all-MiniLM-L6-v2", "LOCAL:all-minilm-l6-v2"])
def test_local_has_one_identity(name: str) -> None:
    embeddings = open_embeddings(spec(name, key=None))
    assert isinstance(embeddings, CheckedEmbeddings)
    assert isinstance(embeddings, Embeddings)
    assert embeddings.name == "local:all-MiniLM-L6-v2"
    assert embeddings.dims is None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("openai:text-embedding-3-small", "openai:text-embedding-3-small"),
        (" OpenAI: my/model:Q8 ", "openai:my/model:Q8"),
        ("ollama:nomic-embed-text:latest", "ollama:nomic-embed-text:latest"),
    ],
)
def test_a_name_is_an_identity(given: str, name: str) -> None:
    assert open_embeddings(spec(given)).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "offline",
        "openai",
        "openai:",
        ":x",
        "local:",
        "local:other",
        "nobody:x",
        "openai:a b",
        "openai:a\nb",
    ],
)
def test_an_unknown_name_tells_the_legal_ones(name: str) -> None:
    with pytest.raises(UserError) as caught:
        open_embeddings(spec(name))
    sentence = caught.value.sentence
    assert sentence.startswith("MNEMOGRAPH_EMBEDDINGS=")
    assert "legal are local, openai:<name>" in sentence
    assert "cohere" in sentence
    assert "\n" not in sentence


def test_openai_needs_a_key_or_an_address_of_ones_own() -> None:
    for key in (None, SecretStr("")):
        with pytest.raises(UserError, match="OPENAI_API_KEY"):
            open_embeddings(spec("openai:x", key=key))
    assert open_embeddings(spec("openai:x", key=None, url="http://127.0.0.1:9/v1")).name == "openai:x"


def test_the_client_gets_every_setting_and_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://elsewhere.invalid/v1")
    monkeypatch.setenv("OPENAI_API_TYPE", "azure")
    client, _ = remote.open_openai("m", None, None, 7, 3)
    assert str(client.client._client.base_url) == "https://api.openai.com/v1/"
    assert client.client._client.api_key == "none"
    client, _ = remote.open_openai("m", KEY, "http://127.0.0.1:9/v1", 7, 3)
    assert str(client.client._client.base_url) == "http://127.0.0.1:9/v1/"
    assert client.client._client.api_key == "sk-canary"
    assert client.client._client.timeout == 7
    assert client.client._client.max_retries == 3
    assert client.check_embedding_ctx_length is False
    assert client.dimensions is None
    assert "sk-canary" not in repr(client)


def test_the_providers_are_langchains() -> None:
    known = {name: entry[0] for name, entry in langchain_embeddings._BUILTIN_PROVIDERS.items()}
    assert {name: package.replace("-", "_") for name, package in PACKAGES.items()} == {
        name: module.partition(".")[0] for name, module in known.items()
    }


async def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_cohere", None)
    with pytest.raises(UserError, match=r"cohere:embed-v4 .*`pip install langchain-cohere`"):
        await open_embeddings(spec("cohere:embed-v4")).prepare()


async def test_a_provider_that_refuses_is_a_sentence_without_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str, **options: Any) -> Embeddings:
        raise RuntimeError(f"bad key sk-canary for {name}")

    monkeypatch.setattr(remote, "init_embeddings", refuse)
    with pytest.raises(UserError) as caught:
        await open_embeddings(spec("cohere:embed-v4")).prepare()
    assert "cohere:embed-v4 could not be opened (RuntimeError)" in caught.value.sentence
    assert "canary" not in caught.value.sentence


async def test_another_provider_is_used_as_langchain_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0, 0.0]] * len(texts)

        def embed_query(self, text: str) -> list[float]:
            return [0.0, 1.0, 0.0]

    opened: list[tuple[str, dict[str, Any]]] = []

    def init(name: str, **options: Any) -> Embeddings:
        opened.append((name, options))
        return Other()

    monkeypatch.setattr(remote, "init_embeddings", init)
    embeddings = open_embeddings(spec("cohere:embed-v4"))
    assert await embeddings.prepare() == 3
    assert await embeddings.aembed_documents(["a"]) == [[1, 0, 0]]
    assert await embeddings.aembed_query("a") == [0, 1, 0]
    assert opened == [("cohere:embed-v4", {})]  # the OpenAI key goes to nobody else
    await open_embeddings(spec("azure_openai:ada")).prepare()
    assert opened[1] == ("azure_openai:ada", {"check_embedding_ctx_length": False})


class Mine(Embeddings):
    """Embeddings of one's own, named in a setting."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(len(text)), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, float(len(text))]


async def test_embeddings_of_ones_own_are_named_as_rerankers_are() -> None:
    name = f"{__name__}:Mine" if "." in __name__ else f"tests.unit.{__name__}:Mine"
    embeddings = open_embeddings(spec(name))
    assert (embeddings.name, await embeddings.prepare()) == (name, 2)
    assert await embeddings.aembed_query("abc") == [1, 3]
    assert await embeddings.aembed_documents(["abc"]) == [[3, 1]]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no.such:Thing", "cannot be opened"),
        ("pathlib.types:X", "cannot be opened"),
        ("os.path:sep", "which is a str"),
    ],
)
async def test_what_are_no_embeddings_is_a_sentence(name: str, why: str) -> None:
    with pytest.raises(UserError, match=why) as caught:
        await open_embeddings(spec(name)).prepare()
    assert caught.value.sentence.startswith("MNEMOGRAPH_EMBEDDINGS is ")


def test_the_settings_give_the_embeddings_their_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[EmbeddingSpec] = []
    monkeypatch.setattr(long_term, "open_embeddings", given.append)
    long_term.embeddings_from(
        Settings(embeddings="openai:e5", embeddings_base_url="http://vectors/v1", embeddings_api_key=KEY)
    )
    assert (given[0].base_url, given[0].api_key) == ("http://vectors/v1", KEY)
