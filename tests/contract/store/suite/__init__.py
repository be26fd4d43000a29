"""The suite. To run it on a store of your own, in a test file:

    class TestMyStore(Basics, Batches, Values, Filters, Search, Namespaces, Lifetimes, Concurrency): ...

and MoreFilters where it understands more than LangGraph's own operators.

with these fixtures:

- `embedder`: a `HashedWords`.
- `store`: an empty BaseStore that is set up and embeds the field "text" with `embedder`.
- `setups`: eight functions, each the (awaitable) set-up of another store over one new, empty place.
"""

from tests.contract.store.suite.basics import Basics
from tests.contract.store.suite.batches import Batches
from tests.contract.store.suite.concurrency import Concurrency
from tests.contract.store.suite.filters import Filters
from tests.contract.store.suite.lifetimes import Lifetimes
from tests.contract.store.suite.more_filters import MoreFilters
from tests.contract.store.suite.namespaces import Namespaces
from tests.contract.store.suite.search import Search
from tests.contract.store.suite.values import Values

__all__ = [
    "Basics",
    "Batches",
    "Concurrency",
    "Filters",
    "Lifetimes",
    "MoreFilters",
    "Namespaces",
    "Search",
    "Values",
]
