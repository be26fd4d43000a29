"""What of the suite writing early can change, on a batcher that acknowledges before it writes."""

import pytest

from tests.contract.store import suite


@pytest.fixture(params=["early"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestBasics(suite.Basics): ...


class TestBatches(suite.Batches): ...


class TestValues(suite.Values): ...


class TestConcurrency(suite.Concurrency): ...
