"""Principal components: the same every time, distances kept as far as the dimensions go, and any number of vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embeddings.components import principal


def some(count: int, dims: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dims)).astype(np.float32)


@given(st.integers(0, 40), st.integers(1, 24), st.integers(0, 1000))
def test_any_number_of_vectors_has_a_place(count: int, dims: int, seed: int) -> None:
    found = principal(some(count, dims, seed), 16)
    assert found.shape == (count, min(16, dims)) and np.isfinite(found).all()
    assert (principal(some(count, dims, seed), 16) == found).all()


@pytest.mark.parametrize(("count", "dims"), [(12, 8), (8, 30)])
def test_distances_are_kept_where_there_is_room(count: int, dims: int) -> None:
    vectors = some(count, dims)
    found = principal(vectors, 30)
    for one, other in ((0, 1), (2, 5), (3, 7)):
        before = np.linalg.norm(vectors[one] - vectors[other])
        assert np.linalg.norm(found[one] - found[other]) == pytest.approx(before, rel=1e-4)


def test_the_telling_dimension_comes_first_and_its_sign_is_settled() -> None:
    vectors = np.zeros((4, 3), dtype=np.float32)
    vectors[:, 1] = [-9, 1, 2, 3]
    vectors[:, 2] = [0.1, -0.1, 0.1, -0.1]
    found = principal(vectors, 2)
    assert np.abs(found[:, 0]).max() > 10 * np.abs(found[:, 1]).max()
    for row in (found, principal(-vectors, 2)):
        assert row[np.abs(row[:, 0]).argmax(), 0] > 0


def test_the_same_vectors_all_over_stand_in_one_place() -> None:
    assert not principal(np.ones((5, 4), dtype=np.float32), 3).round(6).any()
