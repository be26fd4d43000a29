"""What a search knows of its owner beforehand outlives what this process writes, unless somebody new speaks."""

from memory.long_term.statements.profiles import FRESH_S, Profile, Profiles

KNOWN = Profile(("Ana", "Bob"), 10)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def profiles() -> tuple[Profiles, Clock]:
    clock = Clock()
    made = Profiles(clock)
    made.put("users.ana", KNOWN)
    return made, clock


def test_what_was_written_counts_at_once() -> None:
    made, _ = profiles()
    made.wrote("users.ana", {"Ana"}, 3)
    made.wrote("users.ana", set(), 1)
    assert made.get("users.ana") == Profile(("Ana", "Bob"), 14)


def test_a_new_speaker_is_looked_up() -> None:
    made, _ = profiles()
    made.wrote("users.ana", {"Ana", "Cleo"}, 1)
    assert made.get("users.ana") is None


def test_writing_keeps_nothing_for_longer_and_nobody_else_s() -> None:
    made, clock = profiles()
    clock.now = FRESH_S - 1
    made.wrote("users.ana", set(), 1)
    made.wrote("users.bob", set(), 1)
    assert made.get("users.bob") is None
    clock.now = FRESH_S
    assert made.get("users.ana") is None
