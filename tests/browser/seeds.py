"""An export made by hand and brought in over HTTP: what would take hours to say, as the server itself would keep it."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from memory.lifecycle.leaving.export_file import CONVERSATION, FORMAT, ITEM, VERSION, canonical
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def memory(
    text: str, number: int = 0, *, thread: str = "", embedded: bool = True, **more: Any
) -> dict[str, Any]:
    """A record of a fact; one that is not embedded is listed and found by its words alone."""
    at = BEGAN + timedelta(hours=7 * number)
    thread = thread or str(uuid.uuid5(uuid.NAMESPACE_URL, "talk"))
    said = f"said-{number}"
    made = Memory(
        id=f"seed-{number}-{fingerprint(text)[:12]}",
        text=text,
        fingerprint=fingerprint(text),
        turn=f"{thread}:{said}",
        provenance=Provenance(
            thread_id=thread,
            message_ids=[said],
            source=more.pop("source", Source.USER),
            quote=more.pop("quote", text),
            said_at=at,
            recorded_at=at,
        ),
        validity=Validity(valid_from=at),
        **{"kind": Kind.SEMANTIC, "status": Status.ACTIVE, "importance": 0.2 + number % 7 / 10, **more},
    )
    return {
        "type": ITEM,
        "namespace": [made.kind.value],
        "key": made.id,
        "value": made.to_value(),
        "index": None if embedded else False,
        "ttl_minutes": None,
    }


def conversation(said: Sequence[str], thread: str = "", **state: Any) -> dict[str, Any]:
    """A record of a conversation: what the person and the assistant said by turns."""
    thread = thread or str(uuid.uuid4())
    messages = [
        {"type": "human" if number % 2 == 0 else "ai", "content": text, "id": f"said-{number}"}
        for number, text in enumerate(said)
    ]
    if messages:
        state.setdefault("remembered_to", messages[-1]["id"])
    return {"type": CONVERSATION, "thread_id": thread, "messages": messages, "state": state}


def document(records: Sequence[dict[str, Any]]) -> bytes:
    """The file, with the sum that is asked of it."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(canonical(record).encode() + b"\n")
    head = {"format": FORMAT, "version": VERSION, "user": "seed", "exported_at": BEGAN.isoformat()}
    whole = {**head, "records": list(records), "count": len(records), "sha256": digest.hexdigest()}
    return json.dumps(whole, ensure_ascii=False).encode()


def bring_in(http: httpx.Client, records: Sequence[dict[str, Any]]) -> dict[str, int]:
    answer = http.post("/mnemograph/memories/import", content=document(records))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def named(http: httpx.Client, thread: str, title: str = "") -> None:
    """A conversation stands in the server's list, which an import leaves to whoever opens it."""
    given = {"thread_id": thread, "if_exists": "do_nothing", "metadata": {"graph_id": "agent"}}
    assert http.post("/threads", json=given).status_code == 200
    if title:
        changed = http.patch(f"/threads/{thread}", json={"metadata": {"title": title}})
        assert changed.status_code == 200, changed.text
