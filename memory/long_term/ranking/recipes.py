"""Search strategies as data: what each lane weighs, what lifts a memory, and how far a thread's neighbours count.

Weights are in z-scores over the candidates of a search, bonuses in the same unit, so that a bonus of 1 lifts a
memory by one standard deviation. Chosen on real conversations; `python -m benchmarks.recall` measures them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

Shares = Mapping[int, float]
"""What a memory gives to the one n places later in its thread (earlier, for a negative n)."""

_CLOSE: Final[Shares] = MappingProxyType({-2: 0.6, -1: 0.8, 0: 1.0, 1: 0.8, 2: 0.6})
_WORDS: Final[Shares] = MappingProxyType({-3: 0.1, -2: 0.15, -1: 0.3, 0: 1.0, 1: 0.5, 2: 0.3, 3: 0.15})


@dataclass(frozen=True)
class Recipe:
    """A named strategy. A lane of weight 0 is not asked."""

    name: str
    vector: float = 0.0
    """The nearest view of the memory."""
    context: float = 0.0
    """How near the memory and its neighbours in the thread are together."""
    keyword: float = 0.0
    """BM25 over lexemes, the neighbours' included."""
    temporal: float = 0.0
    """Said, or about a time, within days of one that the question names."""
    speaker: float = 0.0
    """Said by the one person whom the question names."""
    user: float = 0.0
    """Said by the user, where the question is not about what "you" said."""
    stated: float = 0.0
    """States something, rather than asks."""
    verbatim: float = 0.0
    """Somebody's own words: a note of them is short, and scores as near to too much."""
    when: float = 0.0
    """The question asks when, and the memory has a word of time."""
    nearness: Shares = field(default_factory=lambda: _CLOSE)
    wording: Shares = field(default_factory=lambda: _WORDS)
    depth: int = 100
    """Rows that a lane returns."""

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is the query's own vector alone, in the order of the cosine."""
        return self == Recipe(self.name, vector=1.0)

    @property
    def vectors(self) -> bool:
        return bool(self.vector or self.context)


HYBRID: Final = Recipe(
    "hybrid",
    vector=0.40,
    context=0.25,
    keyword=0.28,
    temporal=1.6,
    speaker=1.4,
    user=1.0,
    stated=1.0,
    verbatim=0.8,
    when=1.0,
)
RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            Recipe("vector", vector=1.0),
            Recipe("keyword", keyword=1.0),
            Recipe("temporal", temporal=1.0),
            HYBRID,
        )
    }
)
