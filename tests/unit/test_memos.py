"""What is kept of computing is kept once, and forgotten together."""

from config.memos import forget_memos, memo, memos_held
from config.redaction import redact_text
from memory.lifecycle.language.statements import read


def test_a_result_is_computed_once_until_it_is_forgotten() -> None:
    asked: list[str] = []

    @memo(2)
    def shout(text: str) -> str:
        asked.append(text)
        return text.upper()

    assert [shout("a"), shout("a"), shout("b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
    forget_memos()
    assert shout("a") == "A"
    assert asked == ["a", "b", "a"]


def test_what_was_read_and_redacted_of_users_is_forgotten_with_the_rest() -> None:
    forget_memos()
    redact_text("Write to ana@example.com.")
    read("The user lives in Porto.")
    assert memos_held() >= 3  # and the words of the statement
    forget_memos()
    assert memos_held() == 0
