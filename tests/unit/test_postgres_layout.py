"""Where the embedded server lives and as whom it runs: pure decisions."""

from pathlib import Path

import pytest

from memory.postgres.layout import (
    Account,
    DataFolder,
    Entry,
    Placement,
    fits_socket,
    may_pass,
    place,
    short_name,
)

NOBODY = Account(65534, 65534)
ROOT_OPEN = Entry(0, 0, 0o755)
ROOT_CLOSED = Entry(0, 0, 0o700)


def test_an_ordinary_user_runs_it_as_itself_wherever_it_is() -> None:
    placement = place(1000, NOBODY, [ROOT_CLOSED], [ROOT_CLOSED])
    assert placement == Placement(None, move_cluster=False, move_binaries=False)


def test_root_runs_it_as_the_stand_in_in_its_own_folders() -> None:
    assert place(0, NOBODY, [ROOT_OPEN], [ROOT_OPEN]) == Placement(NOBODY, False, False)


def test_root_in_somebodys_folder_runs_it_as_that_somebody() -> None:
    theirs = Entry(1000, 100, 0o700)
    assert place(0, NOBODY, [ROOT_OPEN, theirs], [ROOT_OPEN]) == Placement(Account(1000, 100), False, False)


def test_the_owner_of_a_cluster_keeps_it() -> None:
    cluster = Entry(33, 33, 0o700)
    assert place(0, NOBODY, [ROOT_OPEN], [ROOT_OPEN], cluster).account == Account(33, 33)


@pytest.mark.parametrize("data_closed", [True, False])
@pytest.mark.parametrize("binary_closed", [True, False])
def test_what_the_account_cannot_reach_is_kept_elsewhere(data_closed: bool, binary_closed: bool) -> None:
    data = [ROOT_OPEN, ROOT_CLOSED if data_closed else ROOT_OPEN, ROOT_OPEN]
    binary = [ROOT_CLOSED if binary_closed else ROOT_OPEN, ROOT_OPEN]
    assert place(0, NOBODY, data, binary) == Placement(NOBODY, data_closed, binary_closed)


@pytest.mark.parametrize(
    ("entry", "passes"),
    [
        (Entry(0, 0, 0o711), True),
        (Entry(0, 0, 0o744), False),
        (Entry(0, 65534, 0o710), True),
        (Entry(0, 65534, 0o701), False),  # the group's bits count for the group, even when fewer
        (Entry(65534, 0, 0o100), True),
        (Entry(65534, 0, 0o077), False),
    ],
)
def test_the_first_matching_bits_decide(entry: Entry, passes: bool) -> None:
    assert may_pass([ROOT_OPEN, entry], NOBODY) is passes


def test_socket_paths_have_a_length_and_no_comma() -> None:
    longest = Path("/" + "x" * (103 - len("/.s.PGSQL.5432") - 1))
    assert fits_socket(longest)
    assert not fits_socket(longest.with_name(longest.name + "x"))
    assert not fits_socket(Path("/" + "ü" * 45))  # bytes count, not letters
    assert not fits_socket(Path("/a,b"))


def test_a_pointer_names_the_home(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.cluster == tmp_path / "cluster"
    folder.pointer.write_text("/elsewhere/x\n")
    assert folder.cluster == Path("/elsewhere/x/cluster")


def test_names_differ_by_path() -> None:
    assert short_name(Path("/a")) != short_name(Path("/b"))
    assert len(short_name(Path("/a"))) == 16
