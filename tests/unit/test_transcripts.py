import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import UserError
from memory.lifecycle.turns.transcripts import Line, read_transcript, thread_id, users_own

ROW = {"thread": "t", "role": "user", "content": "hi"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "transcript.jsonl"


def read(path: Path, *rows: Any) -> dict[str, list[Line]]:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return read_transcript(path)


def only(path: Path, **fields: Any) -> Line:
    [[line]] = read(path, {**ROW, **fields}).values()
    return line


def refused(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read_transcript(path)
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def test_messages_come_by_thread_in_order(path: Path) -> None:
    rows = [
        {**ROW, "thread": thread, "content": text} for thread, text in (("a", "1"), ("b", "2"), ("a", "3"))
    ]
    found = read(path, *rows)
    assert list(found) == [thread_id("a"), thread_id("b")]
    assert [line.content for line in found[thread_id("a")]] == ["1", "3"]


@pytest.mark.parametrize(
    ("given", "role"),
    [("user", "user"), ("human", "user"), ("assistant", "assistant"), ("ai", "assistant"), ("tool", "tool")],
)
def test_roles(path: Path, given: str, role: str) -> None:
    assert only(path, role=given).role == role


def test_every_field_is_read(path: Path) -> None:
    line = only(path, name="Ana", id=7, timestamp="2026-05-03T10:00:00+00:00", more="ignored")
    assert line == Line("t", "user", "hi", datetime(2026, 5, 3, 10, tzinfo=UTC), "Ana", "7")


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-05-03T10:00:00+00:00", datetime(2026, 5, 3, 10, tzinfo=UTC)),
        ("2026-05-03T10:00:00Z", datetime(2026, 5, 3, 10, tzinfo=UTC)),
        ("2026-05-03 10:00", datetime(2026, 5, 3, 10, tzinfo=UTC)),
        ("2026-05-03", datetime(2026, 5, 3, tzinfo=UTC)),
        ("2026-05-03T12:00:00.5+02:00", datetime(2026, 5, 3, 10, 0, 0, 500_000, tzinfo=UTC)),
        (1777802400, datetime(2026, 5, 3, 10, tzinfo=UTC)),
        (1777802400.25, datetime(2026, 5, 3, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_times(path: Path, given: Any, moment: datetime | None) -> None:
    found = only(path, timestamp=given).at
    assert found == moment
    assert found is None or found.tzinfo is not None


def test_a_time_keeps_its_zone(path: Path) -> None:
    found = only(path, timestamp="2026-05-03T12:00:00+02:00").at
    assert found is not None
    assert found.tzinfo == timezone(timedelta(hours=2))


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "1e400", "NaN", [2026], {"at": 1}, 10**30])
def test_a_time_that_is_none_names_its_line(path: Path, given: Any) -> None:
    row = json.dumps({**ROW, "timestamp": given}).replace('"1e400"', "1e400").replace('"NaN"', "NaN")
    sentence = refused(path, f"{json.dumps(ROW)}\n{row}")
    assert sentence.startswith(f"{path}, line 2 has the timestamp ")
    assert sentence.endswith("write it as 2026-05-03T10:00:00+00:00.")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("not json", "is not JSON"),
        ('{"thread": "t"', "is not JSON"),
        ("{" * 100_000, "is not JSON"),
        ('{"a":' * 100_000, "is not JSON"),
        ('{"id": ' + "9" * 5_000 + "}", "is not JSON"),
        ('"text"', "is not an object"),
        ("[1]", "is not an object"),
        ("null", "is not an object"),
        ('{"role": "user", "content": "x"}', "has no text in 'thread'"),
        ('{"thread": 5, "role": "user", "content": "x"}', "has no text in 'thread'"),
        ('{"thread": "t", "content": "x"}', "has no text in 'role'"),
        ('{"thread": "t", "role": "user"}', "has no text in 'content'"),
        ('{"thread": "t", "role": "user", "content": ["x"]}', "has no text in 'content'"),
        (
            '{"thread": "t", "role": "system", "content": "x"}',
            "has the role 'system'; it must be user, assistant or tool.",
        ),
    ],
)
def test_a_bad_line_is_named(path: Path, bad: str, why: str) -> None:
    assert refused(path, f"{json.dumps(ROW)}\n\n{bad}\n{json.dumps(ROW)}").startswith(f"{path}, line 3 {why}")


def test_a_long_wrong_role_is_not_repeated_whole(path: Path) -> None:
    assert len(refused(path, json.dumps({**ROW, "role": "x" * 9_999}))) < len(str(path)) + 150


@pytest.mark.parametrize("text", ["", "\n\n", "  \n", "\ufeff"])
def test_an_empty_file_holds_nothing(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert read_transcript(path) == {}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_lines_are_fine(path: Path, end: str) -> None:
    row = json.dumps({**ROW, "content": "olá\u2028x"}, ensure_ascii=False)
    path.write_bytes(f"\ufeff{row}{end}{row}{end}".encode())
    assert [line.content for line in read_transcript(path)[thread_id("t")]] == ["olá\u2028x"] * 2


def test_a_file_that_is_no_text_or_not_there(path: Path) -> None:
    assert refused(path, b"\xff\xfe{\x00") == f"{path} cannot be read: it is not UTF-8 text."
    missing = path.with_name("missing")
    with pytest.raises(UserError, match="No such file or directory"):
        read_transcript(missing)
    with pytest.raises(UserError, match="cannot be read"):
        read_transcript(path.parent)


def test_what_no_store_can_hold_is_replaced(path: Path) -> None:
    line = only(path, thread="t\ud800", content="a\x00b\ud83d", name="n\ud800", id="i\x00")
    assert (line.content, line.name, line.id) == ("a\ufffdb\ufffd", "n\ufffd", "i\ufffd")


def test_thread_ids() -> None:
    known = str(uuid.uuid4())
    assert thread_id(known) == thread_id(known.upper()) == known
    assert thread_id("t") == thread_id("t") == "4dc7deb1-c8dd-5ba8-8cf9-caeb0114929e"
    assert len({thread_id(name) for name in ("t", "T", "t ", "", "../t", "t\ud800")}) == 6
    assert str(uuid.UUID(thread_id("\ud800"))) == thread_id("\ud800")


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "thread": st.sampled_from(["a", "b"]),
            "role": st.sampled_from(["user", "assistant"]),
            "content": st.sampled_from(["yes", "no", "\ud800", "é"]),
        },
        optional={"name": st.sampled_from(["Ana", ""]), "timestamp": st.sampled_from([0, "2026-05-03"])},
    ),
    max_size=8,
)


def ids(found: dict[str, list[Line]]) -> list[tuple[str, str | None]]:
    return [(thread, line.id) for thread, lines in found.items() for line in lines]


@settings(max_examples=60)
@given(ROWS, ROWS)
def test_a_file_that_grew_keeps_the_ids_of_what_it_held(
    tmp_path_factory: pytest.TempPathFactory, before: list[Any], more: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("grown") / "t.jsonl"
    first, second = ids(read(path, *before)), ids(read(path, *before, *more))
    assert set(first) <= set(second)
    assert len(set(second)) == len(second) == len(before) + len(more)
    assert all(line_id for _, line_id in second)


def test_the_same_words_twice_are_two_messages(path: Path) -> None:
    [lines] = read(path, ROW, ROW).values()
    assert [line.id and line.id[-2:] for line in lines] == ["-1", "-2"]


def test_ids_that_are_given_are_kept(path: Path) -> None:
    [lines] = read(path, {**ROW, "id": "one"}, {**ROW, "id": "two"}).values()
    assert [line.id for line in lines] == ["one", "two"]


def node(
    name: str, parent: str | None, *children: str, role: str | None = "user", **message: Any
) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [f"text {name}"]}
    given = {"id": name, "author": {"role": role}, "content": content, "create_time": 1777802400.0, **message}
    return {"id": name, "parent": parent, "children": list(children), "message": given if role else None}


def conversation(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"conversation_id": "c1", "mapping": {one["id"]: one for one in nodes}, **fields}


BRANCHED = [
    node("root", None, "hello", role=None),
    node("hello", "root", "first", "second"),
    node("first", "hello", role="assistant"),
    node("second", "hello", "thanks", role="assistant"),
    node("thanks", "second"),
]


def contents(path: Path, *conversations: Any) -> list[list[str]]:
    path.write_text(json.dumps(conversations), encoding="utf-8")
    return [[line.content for line in lines] for lines in read_transcript(path).values()]


@pytest.mark.parametrize(
    ("current", "shown"),
    [
        ("thanks", ["hello", "second", "thanks"]),
        ("second", ["hello", "second"]),
        ("first", ["hello", "first"]),
        (None, ["hello", "second", "thanks"]),
        ("gone", ["hello", "second", "thanks"]),
        (["thanks"], ["hello", "second", "thanks"]),
    ],
)
def test_an_export_gives_the_branch_last_seen(path: Path, current: Any, shown: list[str]) -> None:
    assert contents(path, conversation(*BRANCHED, current_node=current)) == [
        [f"text {name}" for name in shown]
    ]


def test_an_exports_messages_have_ids_roles_and_times(path: Path) -> None:
    contents(path, conversation(*BRANCHED[:2], current_node="hello"))
    [[line]] = read_transcript(path).values()
    assert line == Line("c1", "user", "text hello", datetime(2026, 5, 3, 10, tzinfo=UTC), None, "hello")


@pytest.mark.parametrize(
    "left_out",
    [
        node("x", None, role="system"),
        node("x", None, metadata={"is_visually_hidden_from_conversation": True}),
        node(
            "x", None, content={"parts": [{"content_type": "image_asset_pointer", "asset_pointer": "file"}]}
        ),
        node("x", None, content={"parts": [" "]}),
        node("x", None, content={"parts": []}),
        node("x", None, content={"parts": "text"}),
        node("x", None, content=None),
        node("x", None, content="text"),
        node("x", None, author=None),
        node("x", None, author={"role": ["user"]}),
        node("x", None, role=None),
    ],
    ids=[
        "system",
        "hidden",
        "image",
        "blank",
        "no parts",
        "parts",
        "none",
        "text",
        "nobody",
        "role",
        "no message",
    ],
)
def test_what_the_person_did_not_see_or_say_is_left_out(path: Path, left_out: Any) -> None:
    seen = node("seen", "x")
    assert contents(path, conversation(left_out, seen, current_node="seen")) == [["text seen"]]


def test_the_words_beside_an_image_are_kept(path: Path) -> None:
    mixed = node("x", None, content={"parts": [{"asset_pointer": "file"}, "What is", "this?"]})
    assert contents(path, conversation(mixed)) == [["What is\nthis?"]]


@pytest.mark.parametrize(
    "nodes",
    [
        [node("a", "b", "b"), node("b", "a", "a")],
        [node("a", "a", "a")],
    ],
)
def test_a_circle_ends(path: Path, nodes: list[Any]) -> None:
    found = contents(path, conversation(*nodes, current_node="a"))
    assert [sorted(lines) for lines in found] == [[f"text {one['id']}" for one in nodes]]


def test_several_conversations_are_several_threads(path: Path) -> None:
    two = [conversation(node("a", None), conversation_id=None, id=name) for name in ("one", "two")]
    assert contents(path, *two) == [["text a"], ["text a"]]
    assert list(read_transcript(path)) == [thread_id("one"), thread_id("two")]
    assert contents(path, conversation(node("a", None), conversation_id=None)) == [["text a"]]
    assert list(read_transcript(path)) == [thread_id(f"{path.name}#1")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", " is neither JSON lines nor a ChatGPT export's conversations.json."),
        ("[" * 100_000, " is neither JSON lines nor a ChatGPT export's conversations.json."),
        ("[5]", ": conversation 1 has no 'mapping'; is it a ChatGPT export's conversations.json?"),
        (
            '[{"mapping": []}]',
            ": conversation 1 has no 'mapping'; is it a ChatGPT export's conversations.json?",
        ),
        (
            json.dumps([conversation(node("a", None, create_time="soon"))]),
            ", conversation 1 has the timestamp 'soon'; write it as 2026-05-03T10:00:00+00:00.",
        ),
    ],
)
def test_an_export_that_is_none(path: Path, text: str, why: str) -> None:
    assert refused(path, text) == f"{path}{why}"


def test_nodes_of_another_shape_are_passed_over(path: Path) -> None:
    odd = {"conversation_id": "c1", "mapping": {"a": 5, "b": node("b", "a"), "c": None}, "current_node": "b"}
    assert contents(path, odd) == [["text b"]]
    assert contents(path, {**odd, "current_node": None}) == []


def test_an_export_without_conversations_holds_nothing(path: Path) -> None:
    assert contents(path) == []


def test_a_file_in_which_one_person_speaks_is_the_users_own(path: Path) -> None:
    """An old "I live in Porto" of theirs stood beside what the user told since, as if it were somebody else's."""
    marta, max_ = {**ROW, "name": "marta"}, {**ROW, "role": "assistant", "name": "Max"}
    rows = [marta, max_, {**marta, "thread": "b"}]
    found = users_own(read(path, *rows))
    assert [[line.name for line in lines] for lines in found.values()] == [[None, "Max"], [None]]
    assert [line.id for lines in found.values() for line in lines] == [
        line.id for lines in read(path, *rows).values() for line in lines
    ]


@pytest.mark.parametrize("other", ["Ben", None])
def test_where_several_speak_each_keeps_their_name(path: Path, other: str | None) -> None:
    threads = read(path, {**ROW, "name": "marta"}, {**ROW, "thread": "b", "name": other})
    assert users_own(threads) == threads
