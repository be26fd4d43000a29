"""The name of a conversation that was begun from another one."""

import pytest

from server.titles import MAX_CHARS, title_of_fork


@pytest.mark.parametrize(
    ("named", "first", "title"),
    [
        ("A sailing course", "Which knots?", "A sailing course (fork)"),
        (None, "Which  knots\nshould I know?", "Which knots should I know? (fork)"),
        (" ", "Which knots?", "Which knots? (fork)"),
        (3, "Which knots?", "Which knots? (fork)"),
        ("A sailing course (fork)", "Which knots?", "A sailing course (fork 2)"),
        ("A sailing course (fork 9)", "", "A sailing course (fork 10)"),
        ("The (fork) in the road", "", "The (fork) in the road (fork)"),
        (None, "", ""),
    ],
)
def test_a_fork_is_called_after_what_it_goes_on_from(named: object, first: str, title: str) -> None:
    assert title_of_fork(named, first) == title


def test_a_long_name_is_cut_and_the_mark_stays() -> None:
    title = title_of_fork(None, "word " * 100)
    assert title.endswith(" (fork)")
    assert len(title) <= MAX_CHARS + len(" (fork)")
