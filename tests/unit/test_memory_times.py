"""From when until when a memory held, in a person's words."""

from datetime import UTC, datetime, timedelta

from cli.memories import stood
from memory.schema import Validity

MAY = datetime(2024, 5, 1, tzinfo=UTC)


def test_what_ended_and_has_no_known_beginning_only_has_its_end() -> None:
    """It read "from May 2024 until May 2024"."""
    assert stood(Validity(valid_from=MAY, valid_to=MAY)).startswith("until 1 May 2024")
    assert stood(Validity(valid_from=MAY)).startswith("from 1 May 2024")
    both = stood(Validity(valid_from=MAY, valid_to=MAY + timedelta(days=9)))
    assert both.startswith("from 1 May 2024") and "until 10 May 2024" in both
