"""What the store's benchmarks measure on, and what they say of it."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.__main__ import PARTS, SERVERS, chosen
from benchmarks.contestants import percentile
from benchmarks.scale import render as render_scale
from benchmarks.search import exact
from benchmarks.search import render as render_search
from benchmarks.synthetic import DIMS, Corpus, Ready
from benchmarks.write import render as render_write


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(30, 700)


def test_at_least_twenty_thousand_texts_that_all_differ(corpus):
    assert len(set(corpus.texts)) == corpus.size == 21_000


def test_the_same_corpus_every_time(corpus):
    again = Corpus(30, 700)
    assert again.texts == corpus.texts
    assert np.array_equal(again.vectors, corpus.vectors)
    assert [q.text for q in again.questions(9)] == [q.text for q in corpus.questions(9)]


def test_vectors_are_units_that_lie_in_clusters(corpus):
    assert corpus.vectors.shape == (21_000, DIMS)
    assert np.allclose(np.linalg.norm(corpus.vectors, axis=1), 1, atol=1e-5)
    sample = corpus.vectors[:2_000]
    scores = sample @ sample.T
    np.fill_diagonal(scores, -1)
    assert np.median(scores.max(axis=1)) > 0.5 > 5 * abs(float(np.median(scores)))


def test_words_are_used_as_unevenly_as_in_a_language(corpus):
    names = Counter(text.split(" with ")[1].split()[0] for text in corpus.texts)
    counts = sorted(names.values(), reverse=True)
    assert counts[0] > 10 * counts[len(counts) // 2]


def test_a_memory_belongs_to_its_owner_and_is_asked_of_that_one(corpus):
    op = corpus.put(1_400)
    assert op.namespace[:2] == corpus.namespace(2)
    assert 1_400 in corpus.of_owner(2)
    assert corpus.put(1_400) is op


def test_the_truth_is_the_owners_nearest_of_all(corpus):
    question = corpus.questions(3)[2]
    found = exact(corpus, question)
    scores = {n: float(corpus.vectors[n] @ question.vector) for n in corpus.of_owner(question.owner)}
    assert found == [f"m{n}" for n in sorted(scores, key=scores.get, reverse=True)[:10]]


def test_every_text_that_is_stored_or_asked_has_its_vector_ready(corpus):
    questions = corpus.questions(4)
    ready = Ready(corpus, questions)
    for number in (6, 7):
        op = ready.know(corpus.put(number), number, corpus)
        assert np.allclose(ready.embed_query(op.value["text"]), corpus.vectors[number])
    assert np.allclose(ready.embed_query(questions[3].text), questions[3].vector)
    assert not any(ready.embed_query("never heard of")), "the middle of all"


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile(range(1, 101), 0.5) == 51


def test_what_needs_a_folder_or_servers_is_measured_only_with_them(tmp_path, monkeypatch):
    for name in SERVERS:
        monkeypatch.delenv(name, raising=False)
    assert "recall" not in chosen([], None)
    assert "redis" not in chosen([], tmp_path)
    for name in SERVERS:
        monkeypatch.setenv(name, "redis://localhost:6379")
    assert chosen([], tmp_path) == list(PARTS)
    assert chosen(["write"], None) == ["write"]


def test_the_tables_show_what_was_measured():
    contestant = {
        "p50_ms": 1.5, "p95_ms": 2.5, "recall_at_10": 0.97, "empty": 0.25, "times_floor": 1.2, "times_ours": 1.0,
    }  # fmt: skip
    searched = render_search(
        {
            "rows": [
                {
                    "memories": 20_000,
                    "each": 1_000,
                    "contestants": {
                        "ours, vector": contestant,
                        "stock, flat": contestant | {"recall_at_10": 1.0, "times_ours": 12.5},
                        "stock, HNSW": contestant | {"recall_at_10": 0.4, "times_ours": 0.5},
                    },
                    "searches_a_second": {"ours, vector": 77.5},
                    "get_ms": {"ours": {"alone": 0.5, "beside": 0.75}},
                }
            ]
        }
    )
    assert "| ours, vector | 1.5 | 2.5 | 0.97 | 25% | 1.2 | 1.0 | 77.5 |" in searched
    assert "| ours | 0.5 | 0.75 |" in searched
    assert "with a recall of 0.99: stock, flat, 12.5 × ours" in searched
    written = render_write(
        {
            "memories": 20_000,
            "single": {
                "ours": {"p50_ms": 1.5, "p95_ms": 2.5, "times_floor": 1.2, "times_floor_of_our_rows": 1.1}
            },
            "batches": {"ours": {"a_second": 900, "ours_times": 1.0}},
            "bytes_a_memory": {"ours": 1_234},
        }
    )
    assert "| ours | 1.5 | 2.5 | 1.2 | 1.1 | 900 | 1.0 | 1234 |" in written
    row = {
        "small_p50_ms": 1.5, "small_p95_ms": 2.0, "large_p50_ms": 1.75, "large_p95_ms": 2.25, "ratio": 1.17,
    }  # fmt: skip
    grown = render_scale(
        {
            "memories": {"small": 10_000, "large": 1_000_000},
            "megabytes": {"small": 25, "large": 2_500},
            "strategies": {"hybrid": row},
        }
    )
    assert "| hybrid | 1.5 | 2.0 | 1.75 | 2.25 | 1.17 |" in grown
