"""Which vectors are fit to be stored and compared."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Outside these the squares vanish or overflow in float32, and a cosine becomes NaN.
MIN_NORM: Final = 1e-6
MAX_NORM: Final = 1e6


def sound_vectors(raw: object, count: int, dims: int | None) -> NDArray[np.float32]:
    """`raw` as float32 (count, dims), or (count, any one length) where `dims` is None.

    Raises:
        ValueError: one clause that says what is wrong with the vectors.
    """
    try:
        vectors = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("it gave something that is not a list of vectors of one length") from None
    if vectors.ndim != 2 or vectors.shape[0] != count:
        got = vectors.shape[0] if vectors.ndim == 2 else "no"
        raise ValueError(f"it gave {got} vectors for {count} texts")
    if vectors.shape[1] == 0:
        raise ValueError("it gave vectors without dimensions")
    if dims is not None and vectors.shape[1] != dims:
        raise ValueError(f"it gave {vectors.shape[1]} dimensions where {dims} were expected")
    if not np.isfinite(vectors).all():
        raise ValueError("it gave a vector that holds NaN or infinity")
    with np.errstate(over="ignore"):
        norms = np.linalg.norm(vectors, axis=1)
    if norms.min() < MIN_NORM:
        raise ValueError("it gave a zero vector")
    if norms.max() > MAX_NORM:
        raise ValueError("it gave a vector too long to be compared")
    return vectors.astype(np.float32)
