"""The page in the system's Chromium. Where that is missing the tests here are skipped, unless they are asked for."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser.asked import missing, needed

if find_spec("playwright"):
    from tests.browser.fixtures import (  # noqa: F401 pytest finds them by their names here
        chromium,
        context,
        http,
        keys_server,
        page,
        user,
        watch,
    )


class Missing(pytest.Module):
    """A file of tests that cannot be read without a browser."""

    def collect(self) -> list[pytest.Item]:
        if needed():
            raise self.CollectError(missing())
        pytest.skip(missing(), allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if module_path.parent != Path(__file__).parent or not missing():
        return None
    made: Missing = Missing.from_parent(parent, path=module_path)
    return made
