"""Vectors of a few words among many dimensions."""

import math
from collections.abc import Mapping


def unit(counts: Mapping[int, int], dims: int) -> list[float]:
    """Of length one, with these numbers by their dimension; of length zero where there is none."""
    # Thousands of texts are embedded in the tests of a store, and nearly all of a vector is nothing.
    length = math.sqrt(sum(number * number for number in counts.values()))
    vector = [0.0] * dims
    for place, number in counts.items():
        vector[place] = number / length
    return vector
