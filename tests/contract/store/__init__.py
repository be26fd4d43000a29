"""What every LangGraph BaseStore should do, one behaviour a test; `suite` holds it, `conftest` our stores."""

import pytest

pytest.register_assert_rewrite("tests.contract.store.suite")
