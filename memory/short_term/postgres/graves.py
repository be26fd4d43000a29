"""What stays of a deleted thread for a day, by which a run that was under way is refused; statements, no connection.

A grave is a hash of the thread's id and the id of its newest checkpoint: what comes later and goes on from there, or
from before, is late. A new life of the same id has newer checkpoints.
"""

from typing import Final

TABLE: Final = """
CREATE TABLE IF NOT EXISTS mnemograph_graves (
    thread bytea PRIMARY KEY, newest text COLLATE "C" NOT NULL, dug_at timestamptz NOT NULL DEFAULT now()
)
"""
_GRAVE: Final = "sha256(convert_to({thread}, 'UTF8'))"
BURIED: Final = (
    f"EXISTS (SELECT FROM mnemograph_graves g WHERE g.thread = {_GRAVE} "
    'AND LEAST({ids}) COLLATE "C" <= g.newest)'
)
"""Of a thread, and the ids of checkpoints that something names: NULL is none."""

DELETE: Final = "mnemograph_delete_thread_2"
WRITE: Final = "mnemograph_put_writes_2"

# The locks that putting checkpoints and putting writes take: what they put by then is there to be deleted. A thread
# that has nothing may be about to get its first checkpoint, whose id was made by now.
DELETE_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {DELETE}(gone text, now_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('mnemograph:thread:' || gone, 0));
    PERFORM pg_advisory_xact_lock(hashtextextended('mnemograph:writes:' || gone, 0));
    INSERT INTO mnemograph_graves AS g (thread, newest)
    SELECT {_GRAVE.format(thread="gone")}, COALESCE(max(ids.id), now_id) FROM (
        SELECT checkpoint_id COLLATE "C" AS id FROM checkpoints WHERE thread_id = gone
        UNION ALL SELECT checkpoint_id COLLATE "C" FROM checkpoint_writes WHERE thread_id = gone
    ) ids
    ON CONFLICT (thread) DO UPDATE SET newest = GREATEST(g.newest, excluded.newest), dug_at = excluded.dug_at;
    DELETE FROM checkpoints WHERE thread_id = gone;
    DELETE FROM checkpoint_blobs WHERE thread_id = gone;
    DELETE FROM checkpoint_writes WHERE thread_id = gone;
    DELETE FROM mnemograph_graves g USING (
        SELECT thread FROM mnemograph_graves WHERE dug_at < now() - interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED
    ) old WHERE g.thread = old.thread;
END $$
"""  # noqa: S608 - our own words

# The threads that are dead, and those that were deleted and have no checkpoint yet: what is for them is left out. A
# lock is taken before the statement that looks, and always in the same order.
WRITE_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {WRITE}(
    writes jsonb, blobs bytea[], again boolean, OUT refused text[], OUT early text[]
) LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    FOR given IN SELECT DISTINCT w.thread FROM jsonb_to_recordset(writes) AS w (thread text) ORDER BY w.thread LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('mnemograph:writes:' || given.thread, 0));
    END LOOP;
    SELECT COALESCE(array_agg(DISTINCT w.thread) FILTER (WHERE w.id COLLATE "C" <= g.newest), '{{}}'),
        COALESCE(array_agg(DISTINCT w.thread) FILTER (
            WHERE NOT EXISTS (SELECT FROM checkpoints c WHERE c.thread_id = w.thread)), '{{}}')
    INTO refused, early
    FROM jsonb_to_recordset(writes) AS w (thread text, id text)
    JOIN mnemograph_graves g ON g.thread = {_GRAVE.format(thread="w.thread")};
    INSERT INTO checkpoint_writes AS c
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT w.thread, w.ns, w.id, w.task, w.path, w.idx, w.channel, w.type, blobs[w.place]
    FROM jsonb_to_recordset(writes) AS w (
        place int, thread text, ns text, id text, task text, path text, idx int, channel text, type text
    )
    WHERE w.thread <> ALL (refused || early)
    ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
    DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob WHERE again;
END $$
"""  # noqa: S608 - our own words

DELETE_THREAD: Final = f"SELECT {DELETE}(%(thread)s, %(now)s)"
# A copy of a living thread has its checkpoints' ids, however old.
EXHUME: Final = f"DELETE FROM mnemograph_graves WHERE thread = {_GRAVE.format(thread='%(target)s')}"  # noqa: S608

FUNCTIONS: Final = (TABLE, DELETE_FUNCTION, WRITE_FUNCTION)
ARE_SET_UP: Final = f"""(to_regclass('mnemograph_graves') IS NOT NULL
    AND to_regproc('{DELETE}') IS NOT NULL AND to_regproc('{WRITE}') IS NOT NULL)"""
