"""What the contracts of tests/evals found, each named after what broke."""

import pytest

from memory.lifecycle.language.pasted import own
from memory.lifecycle.language.relations import relation, says_changed, says_wrong
from memory.lifecycle.language.statements import read


@pytest.mark.parametrize(
    ("new", "old", "what"),
    [
        ("The user has a peanut allergy.", "The user is allergic to peanuts.", "same"),
        ("The user is allergic to pecans.", "The user is allergic to peanuts.", "new"),
        ("The user is not allergic to cats.", "The user is allergic to cats.", "outdates"),
        ("The user's home is in Porto.", "The user lives in Porto.", "same"),
        ("The user was born in 1987.", "The user was born in 1978.", "outdates"),
        ("The user was born in Oslo.", "The user was born in 1978.", "new"),
        ("The user was born on 4 May 1987.", "The user was born in 1987.", "refines"),
        ("The user's blood type is B negative.", "The user's blood type is A positive.", "outdates"),
        ("The user is no longer a nurse.", "The user is a nurse.", "outdates"),
    ],
)
def test_two_statements_of_one_attribute_stood_side_by_side(new: str, old: str, what: str) -> None:
    assert relation(read(new), read(old)) == what


def test_a_pasted_chat_was_taken_for_the_users_own_words() -> None:
    log = "[12:01] Pavel: I quit my job\n[12:02] Olga: I am expecting twins\n"
    assert own(f"What do you make of this chat?\n\n{log}").strip() == "What do you make of this chat?"
    assert "I get up" in own("12:01 was when I get up: early.")


def test_a_mistyped_year_was_no_reason_to_believe_a_correction() -> None:
    assert says_wrong("I was born in 1987, I mistyped that.") and says_changed("I work at a museum now.")
