"""All that a checkpointer has stored, as bytes to look for something in."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import redis
from psycopg import sql

from memory.short_term.savers import MemorySaver


def in_postgres(address: str) -> bytes:
    with psycopg.connect(address) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            row
            for (name,) in tables
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
        ]
    return b"\n".join(_raw(value) for row in rows for value in row)


def in_redis(address: str) -> bytes:
    with redis.Redis.from_url(address) as client:
        return b"\n".join(_raw(part) for key in client.scan_iter() for part in (key, *_content(client, key)))


def in_memory(saver: MemorySaver) -> bytes:
    return repr((dict(saver.storage), dict(saver.writes), dict(saver.blobs))).encode()


def _content(client: Any, key: bytes) -> Iterator[Any]:
    kind = client.type(key).decode()
    if kind == "ReJSON-RL":
        content = client.execute_command("JSON.GET", key).decode()
        yield content
        yield _decoded(content)
    elif kind == "string":
        yield client.get(key)
    elif kind == "hash":
        yield client.hgetall(key)
    elif kind == "zset":
        yield client.zrange(key, 0, -1)
    elif kind == "set":
        yield client.smembers(key)
    else:
        raise AssertionError(f"how is a {kind} read?")


def _decoded(content: str) -> bytes:
    """What the long words of a text stand for in base64, in which Redis has what was serialised."""
    words = re.findall(r"[A-Za-z0-9+/]{8,}={0,2}", content)
    return b"\n".join(base64.b64decode(word) for word in words if len(word) % 4 == 0)


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
