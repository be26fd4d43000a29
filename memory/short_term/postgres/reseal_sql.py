"""The statements that seal rows of LangGraph's checkpoint tables anew; no connection.

`xmin` tells whether somebody has written a row since it was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, LiteralString

from memory.short_term.postgres.parts import CHANNEL, WHOLE

SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


@dataclass(frozen=True)
class Statements:
    """Of one table.

    Attributes:
        start: the key before the first row's.
        count: how many rows are not sealed under the newest key.
        page: the next of these after a key.
        update: writes one back, unless somebody else has.
        of_thread: a thread's rows.
        insert: adds one.
    """

    start: Mapping[str, str | int]
    count: LiteralString
    page: LiteralString
    update: LiteralString
    of_thread: LiteralString
    insert: LiteralString


_NOT_SEALED: Final = (
    " WHERE type <> 'empty' AND (type <> 'bytes' OR "
    "substring(blob FROM 1 FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea)"
)
_OF_THREAD: Final = " WHERE thread_id = %(thread_id)s"
_NOTHING: Final = " ON CONFLICT DO NOTHING"

# What stands in parts is sealed as one; the parts go when nothing names them any more.
_NO_PART: Final = f" AND channel <> '{CHANNEL}'"

BLOBS: Final = Statements(
    start={"thread_id": "", "checkpoint_ns": "", "channel": "", "version": ""},
    count="SELECT count(*) AS rows FROM checkpoint_blobs" + _NOT_SEALED + _NO_PART,
    page=f"SELECT thread_id, checkpoint_ns, channel, version, type, {WHOLE} AS blob, xmin::text AS seen "
    "FROM checkpoint_blobs b" + _NOT_SEALED + _NO_PART + " AND (thread_id, checkpoint_ns, channel, version) "
    "> (%(thread_id)s, %(checkpoint_ns)s, %(channel)s, %(version)s) "
    "ORDER BY thread_id, checkpoint_ns, channel, version LIMIT %(limit)s",
    update="UPDATE checkpoint_blobs SET type = %(type)s, blob = %(blob)s WHERE thread_id = %(thread_id)s "
    "AND checkpoint_ns = %(checkpoint_ns)s AND channel = %(channel)s AND version = %(version)s "
    "AND xmin::text = %(seen)s",
    of_thread=f"SELECT thread_id, checkpoint_ns, channel, version, type, {WHOLE} AS blob FROM checkpoint_blobs b"
    + _OF_THREAD
    + _NO_PART,
    insert="INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob) "
    "VALUES (%(thread_id)s, %(checkpoint_ns)s, %(channel)s, %(version)s, %(type)s, %(blob)s)" + _NOTHING,
)

WRITES: Final = Statements(
    start={"thread_id": "", "checkpoint_ns": "", "checkpoint_id": "", "task_id": "", "idx": 0},
    count="SELECT count(*) AS rows FROM checkpoint_writes" + _NOT_SEALED,
    page="SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, xmin::text AS seen "
    "FROM checkpoint_writes" + _NOT_SEALED + " AND (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) "
    "> (%(thread_id)s, %(checkpoint_ns)s, %(checkpoint_id)s, %(task_id)s, %(idx)s) "
    "ORDER BY thread_id, checkpoint_ns, checkpoint_id, task_id, idx LIMIT %(limit)s",
    update="UPDATE checkpoint_writes SET type = %(type)s, blob = %(blob)s WHERE thread_id = %(thread_id)s "
    "AND checkpoint_ns = %(checkpoint_ns)s AND checkpoint_id = %(checkpoint_id)s AND task_id = %(task_id)s "
    "AND idx = %(idx)s AND xmin::text = %(seen)s",
    of_thread="SELECT * FROM checkpoint_writes" + _OF_THREAD,
    insert="INSERT INTO checkpoint_writes "
    "(thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob) "
    "VALUES (%(thread_id)s, %(checkpoint_ns)s, %(checkpoint_id)s, %(task_id)s, %(task_path)s, %(idx)s, %(channel)s, "
    "%(type)s, %(blob)s)" + _NOTHING,
)

_NOT_SEALED_CHECKPOINT: Final = " WHERE metadata ->> '~key' IS DISTINCT FROM %(newest)s"

CHECKPOINTS: Final = Statements(
    start={"thread_id": "", "checkpoint_ns": "", "checkpoint_id": ""},
    count="SELECT count(*) AS rows FROM checkpoints" + _NOT_SEALED_CHECKPOINT,
    page="SELECT thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata, xmin::text AS seen FROM checkpoints"
    + _NOT_SEALED_CHECKPOINT
    + " AND (thread_id, checkpoint_ns, checkpoint_id) > (%(thread_id)s, %(checkpoint_ns)s, %(checkpoint_id)s) "
    "ORDER BY thread_id, checkpoint_ns, checkpoint_id LIMIT %(limit)s",
    update="UPDATE checkpoints SET checkpoint = %(checkpoint)s, metadata = %(metadata)s "
    "WHERE thread_id = %(thread_id)s AND checkpoint_ns = %(checkpoint_ns)s AND checkpoint_id = %(checkpoint_id)s "
    "AND xmin::text = %(seen)s",
    of_thread="SELECT * FROM checkpoints" + _OF_THREAD,
    insert="INSERT INTO checkpoints "
    "(thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata) "
    "VALUES (%(thread_id)s, %(checkpoint_ns)s, %(checkpoint_id)s, %(parent_checkpoint_id)s, %(type)s, "
    "%(checkpoint)s, %(metadata)s)" + _NOTHING,
)
