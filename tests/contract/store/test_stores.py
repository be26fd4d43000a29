"""The suite on our store, on the stock one and on InMemoryStore."""

from tests.contract.store import suite


class TestBasics(suite.Basics): ...


class TestBatches(suite.Batches): ...


class TestValues(suite.Values): ...


class TestFilters(suite.Filters): ...


class TestMoreFilters(suite.MoreFilters): ...


class TestSearch(suite.Search): ...


class TestNamespaces(suite.Namespaces): ...


class TestLifetimes(suite.Lifetimes): ...


class TestConcurrency(suite.Concurrency): ...
