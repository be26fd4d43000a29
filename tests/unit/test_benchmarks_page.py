"""The page of the benchmarks: what is measured takes its place, the rest stays."""

from benchmarks.__main__ import PARTS, page

TITLES = [title for title, _ in PARTS.values()]


def part(title: str, figure: int) -> str:
    return f"## {title}\n\n### Under it\n\n| a |\n|---|\n| {figure} |\n"


def test_what_is_measured_takes_its_place_and_the_rest_stays() -> None:
    first, second, third = TITLES[:3]
    old = page("", {third: part(third, 3), first: part(first, 1)})
    assert old.count("## ") == 4 and old.index(part(first, 1)) < old.index(part(third, 3))
    new = page(old, {second: part(second, 2), third: part(third, 4)})
    assert [new.index(text) for text in (part(first, 1), part(second, 2), part(third, 4))] == sorted(
        new.index(text) for text in (part(first, 1), part(second, 2), part(third, 4))
    )
    assert "| 3 |" not in new
    assert page(new, {}) == new
