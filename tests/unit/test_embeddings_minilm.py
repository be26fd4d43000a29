"""The graph against an independent reading of the same weights, in plain numpy."""

import json
import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embeddings.bert import LARGEST
from memory.embeddings.local import THREADS, load_local
from memory.embeddings.minilm import MAX_BATCH, MAX_BATCH_TOKENS, MAX_TOKENS, MiniLM, batches
from memory.embeddings.weights import CONFIG, WEIGHTS, model_folder, parse_safetensors

SENTENCE = "I moved to Lisbon last year and I love the ocean there."
# The numpy reference's first components for SENTENCE, in float64: a changed model or tokenizer shows here.
FIRST = [0.098461, 0.016975, 0.082574, 0.007662, -0.003323, 0.020069, -0.075695, -0.047024]

erf = np.vectorize(math.erf)


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return load_local()._model


class Reference:
    """BERT with mean pooling, one text and one head at a time, in float64; `whole`: by whole numbers, as ours is."""

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        content = (model_folder() / WEIGHTS).read_bytes()
        self.config = json.loads((model_folder() / CONFIG).read_text())
        self.tensors = parse_safetensors(content)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.tensors[name].astype(np.float64)

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        return centred / scale * self[f"{name}.weight"] + self[f"{name}.bias"]

    def dense(self, name: str, x: np.ndarray) -> np.ndarray:
        kernel = self[f"{name}.weight"].T
        if self.whole:
            steps = np.abs(kernel).max(axis=0) / LARGEST
            scale = np.abs(x).max(axis=1, keepdims=True) / 127
            x, kernel = np.floor(x / scale + 0.5) * scale, np.rint(kernel / steps) * steps
        return x @ kernel + self[f"{name}.bias"]

    def attend(self, name: str, x: np.ndarray) -> np.ndarray:
        query, key, value = (self.dense(f"{name}.self.{part}", x) for part in ("query", "key", "value"))
        heads = self.config["num_attention_heads"]
        width = x.shape[1] // heads
        mixed = np.empty_like(x)
        for head in range(heads):
            here = slice(head * width, (head + 1) * width)
            scores = np.exp(query[:, here] @ key[:, here].T / math.sqrt(width))
            mixed[:, here] = scores / scores.sum(axis=1, keepdims=True) @ value[:, here]
        return self.dense(f"{name}.output.dense", mixed)

    def encode(self, ids: list[int]) -> np.ndarray:
        x = (
            self["embeddings.word_embeddings.weight"][ids]
            + self["embeddings.position_embeddings.weight"][: len(ids)]
            + self["embeddings.token_type_embeddings.weight"][0]
        )
        x = self.norm("embeddings.LayerNorm", x)
        for index in range(self.config["num_hidden_layers"]):
            layer = f"encoder.layer.{index}"
            x = self.norm(f"{layer}.attention.output.LayerNorm", x + self.attend(f"{layer}.attention", x))
            wide = self.dense(f"{layer}.intermediate.dense", x)
            wide = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
            x = self.norm(f"{layer}.output.LayerNorm", x + self.dense(f"{layer}.output.dense", wide))
        mean = x.mean(axis=0)
        return mean / np.linalg.norm(mean)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


TEXTS = [
    SENTENCE,
    "",
    "Hi",
    "Zażółć gęślą jaźń, 東京で会いましょう 🙂",
    "My sister's dog is called Pixel; he hates Tuesdays. " * 4,
]


@pytest.mark.parametrize("text", TEXTS)
def test_is_near_to_the_numpy_reference(model: MiniLM, reference: Reference, text: str) -> None:
    """What falls between two whole numbers goes either way, and turns what follows."""
    ids = model._tokenizer.encode(text).ids
    assert model.encode([text])[0] @ Reference(whole=True).encode(ids) > 0.99
    # No words are a vector of nothing but what frames them, and turn the most.
    assert model.encode([text])[0] @ reference.encode(ids) > (0.985 if text else 0.97)


def test_padding_changes_nothing(model: MiniLM) -> None:
    together = model.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(vector, model.encode([text])[0], atol=1e-5)


def test_first_components_are_the_recorded_ones(model: MiniLM, reference: Reference) -> None:
    assert model._tokenizer.encode(SENTENCE).tokens[:5] == ["[CLS]", "i", "moved", "to", "lisbon"]
    exact = reference.encode(model._tokenizer.encode(SENTENCE).ids)
    np.testing.assert_allclose(exact[: len(FIRST)], FIRST, atol=1e-5)
    np.testing.assert_allclose(model.encode([SENTENCE])[0, : len(FIRST)], FIRST, atol=0.01)


def test_vectors_have_unit_length(model: MiniLM) -> None:
    np.testing.assert_allclose(np.linalg.norm(model.encode(TEXTS), axis=1), 1, atol=1e-5)


def test_paraphrases_are_near_and_strangers_far(model: MiniLM) -> None:
    here, paraphrase, stranger = model.encode(
        [SENTENCE, "My home is in Lisbon since last year, by the sea.", "The stock market crashed in 1929."]
    )
    assert here @ paraphrase > 0.7
    assert here @ stranger < 0.2


def test_a_long_text_is_cut_at_the_models_window(model: MiniLM) -> None:
    begin = "ocean " * (MAX_TOKENS - 2)  # and [CLS] and [SEP]
    same, other, shorter = model.encode([begin + "volcano " * 500, begin, "ocean " * (MAX_TOKENS - 3)])
    np.testing.assert_allclose(same, other, atol=1e-6)
    assert not np.allclose(other, shorter, atol=1e-6)


def test_order_is_kept_over_many_batches(model: MiniLM) -> None:
    texts = [f"{'word ' * (index * 7 % 40)}number {index}" for index in range(MAX_BATCH * 2 + 3)]
    vectors = model.encode(texts)
    assert vectors.shape == (len(texts), model.dims)
    for index in (0, 1, 33, 40, len(texts) - 1):
        np.testing.assert_allclose(vectors[index], model.encode([texts[index]])[0], atol=1e-5)


def test_no_text_is_no_vector(model: MiniLM) -> None:
    assert model.encode([]).shape == (0, model.dims)


def test_batches_that_a_busy_helper_has_not_begun_are_computed_by_the_caller(model: MiniLM) -> None:
    free, texts = threading.Event(), [f"{'word ' * (number * 9)}end" for number in range(1, 5)]
    busy = [model._helpers.submit(free.wait) for _ in range(THREADS)]
    try:
        vectors = model.encode(texts)
    finally:
        free.set()
    assert [each.result() for each in busy] == [True] * THREADS
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, model.encode([text])[0], atol=1e-5)


@given(st.lists(st.integers(2, MAX_TOKENS), max_size=120), st.integers(1, 4))
def test_batches_hold_every_text_once_within_their_bounds(lengths: list[int], shares: int) -> None:
    made = list(batches(lengths, shares))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        assert 1 <= len(batch) <= MAX_BATCH
        assert len(batch) * max(lengths[index] for index in batch) <= MAX_BATCH_TOKENS


def test_texts_of_one_length_are_shared_between_cores_and_a_long_one_pads_no_short_ones() -> None:
    assert [len(batch) for batch in batches([20] * 8)] == [8]
    assert [len(batch) for batch in batches([20] * 8, shares=2)] == [4, 4]
    assert [len(batch) for batch in batches([20] * 3, shares=2)] == [3]
    assert list(batches([10, 200, 12, 11])) == [[0, 3, 2], [1]]
