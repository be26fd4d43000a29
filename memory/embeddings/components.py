"""Vectors in fewer dimensions, for people to look at: their principal components. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 16


def principal(vectors: NDArray[np.float32], most: int = MOST) -> NDArray[np.float64]:
    """A row each, in at most `most` dimensions, those that tell them apart best first.

    The same vectors give the same rows: the largest value of a dimension is positive. What does not vary is 0.
    """
    count, dims = vectors.shape
    kept = min(most, dims)
    if count < 2:
        return np.zeros((count, kept))
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    # The smaller of the two products has the same spectrum.
    if count < dims:
        values, sides = np.linalg.eigh(centred @ centred.T)
        rows = sides * np.sqrt(np.clip(values, 0, None))
    else:
        _, axes = np.linalg.eigh(centred.T @ centred)
        rows = centred @ axes
    found = rows[:, ::-1][:, :kept]
    largest = found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])]
    found = found * np.where(largest < 0, -1.0, 1.0)
    return np.pad(found, ((0, 0), (0, kept - found.shape[1])))
