"""What our Postgres checkpointer asks beyond LangGraph's own: statements and their parameters, no connection."""

from typing import Any

from psycopg.types.json import Jsonb

from memory.short_term.threads import OF_A_RUN, ThreadQuery

# A walk along the primary key, one step a thread: DISTINCT ON would read every checkpoint.
THREADS = """
WITH RECURSIVE ids AS (
    (SELECT thread_id FROM checkpoints ORDER BY thread_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT c.thread_id FROM checkpoints c WHERE c.thread_id > ids.thread_id ORDER BY c.thread_id LIMIT 1
    )
    FROM ids WHERE ids.thread_id IS NOT NULL
)
SELECT ids.thread_id, newest.checkpoint_id, newest.touched, told.run_metadata
FROM ids
CROSS JOIN LATERAL (
    SELECT c.checkpoint_id, (c.checkpoint ->> 'ts')::timestamptz AS touched,
           c.checkpoint -> 'channel_versions' AS versions, c.metadata
    FROM checkpoints c
    WHERE c.thread_id = ids.thread_id AND c.checkpoint_ns = ''
    ORDER BY c.checkpoint_id DESC LIMIT 1
) newest
CROSS JOIN LATERAL (
    -- Nearly always the newest one is a run's, and no other is looked for.
    SELECT CASE WHEN newest.metadata ->> 'source' = %(of_a_run)s THEN newest.metadata ELSE COALESCE((
        SELECT c.metadata FROM checkpoints c
        WHERE c.thread_id = ids.thread_id AND c.checkpoint_ns = '' AND c.metadata ->> 'source' = %(of_a_run)s
        ORDER BY c.checkpoint_id DESC LIMIT 1
    ), '{}') END AS run_metadata
) told
WHERE (%(before)s::text IS NULL OR newest.checkpoint_id < %(before)s)
  AND (%(since)s::timestamptz IS NULL OR newest.touched >= %(since)s)
  AND (%(early)s::text IS NULL OR newest.versions ? %(early)s AND
       COALESCE(newest.versions ->> %(late)s, '') < (newest.versions ->> %(early)s) COLLATE "C")
  AND (told.run_metadata @> %(run_metadata)s
       OR (SELECT bool_and(COALESCE(told.run_metadata ->> name, '') = '') FROM unnest(%(or_without)s::text[]) name))
ORDER BY newest.checkpoint_id DESC
LIMIT %(limit)s
"""


THREADS_WITH = "SELECT DISTINCT thread_id FROM checkpoints WHERE metadata @> %(metadata)s ORDER BY thread_id"
HELD = """
SELECT (SELECT count(*) FROM checkpoints WHERE thread_id = ANY(%(threads)s)) AS checkpoints,
       (SELECT count(*) FROM checkpoint_blobs WHERE thread_id = ANY(%(threads)s)) AS checkpoint_blobs,
       (SELECT count(*) FROM checkpoint_writes WHERE thread_id = ANY(%(threads)s)) AS checkpoint_writes
"""


def threads_parameters(query: ThreadQuery) -> dict[str, Any]:
    late, early = query.behind or (None, None)
    return {
        "of_a_run": OF_A_RUN,
        "before": query.before,
        "since": query.since,
        "late": late,
        "early": early,
        "run_metadata": Jsonb(dict(query.run_metadata)),
        "or_without": list(query.or_without),
        "limit": query.limit,
    }


LINKS = """
SELECT thread_id, checkpoint_id, COALESCE(parent_checkpoint_id, '') AS parent,
       COALESCE(metadata ->> 'source', '') AS source
FROM checkpoints WHERE thread_id = ANY(%(threads)s) AND checkpoint_ns = ''
"""
OF_RUNS = "SELECT DISTINCT thread_id FROM checkpoints WHERE metadata ->> 'run_id' = ANY(%(runs)s)"

# A value is kept once a version, for all checkpoints that show it: it goes with the last of them.
DELETE_FOR_RUNS = """
WITH gone AS (
    DELETE FROM checkpoints WHERE metadata ->> 'run_id' = ANY(%s)
    RETURNING thread_id, checkpoint_ns, checkpoint_id, checkpoint -> 'channel_versions' AS versions
), writes AS (
    DELETE FROM checkpoint_writes w USING gone
    WHERE w.thread_id = gone.thread_id AND w.checkpoint_ns = gone.checkpoint_ns
      AND w.checkpoint_id = gone.checkpoint_id
      -- A checkpoint from before version 4 shows what was sent to it, which its parent has.
      AND NOT (w.channel = '__pregel_tasks' AND EXISTS (
          SELECT FROM checkpoints c
          WHERE c.thread_id = w.thread_id AND c.checkpoint_ns = w.checkpoint_ns
            AND c.parent_checkpoint_id = w.checkpoint_id AND (c.checkpoint ->> 'v')::int < 4
            AND (c.thread_id, c.checkpoint_ns, c.checkpoint_id)
                NOT IN (SELECT thread_id, checkpoint_ns, checkpoint_id FROM gone)
      ))
), shown AS (
    SELECT DISTINCT gone.thread_id, gone.checkpoint_ns, v.key AS channel, v.value AS version
    FROM gone, jsonb_each_text(gone.versions) v
), kept AS (
    SELECT DISTINCT c.thread_id, c.checkpoint_ns, v.key AS channel, v.value AS version
    FROM checkpoints c, jsonb_each_text(c.checkpoint -> 'channel_versions') v
    WHERE (c.thread_id, c.checkpoint_ns) IN (SELECT thread_id, checkpoint_ns FROM gone)
      AND (c.thread_id, c.checkpoint_ns, c.checkpoint_id)
          NOT IN (SELECT thread_id, checkpoint_ns, checkpoint_id FROM gone)
)
DELETE FROM checkpoint_blobs b USING (SELECT * FROM shown EXCEPT SELECT * FROM kept) free
WHERE b.thread_id = free.thread_id AND b.checkpoint_ns = free.checkpoint_ns
  AND b.channel = free.channel AND b.version = free.version
"""

# One statement, so that a run that writes meanwhile is copied as of one moment.
COPY_THREAD = """
WITH blobs AS (
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(target)s, checkpoint_ns, channel, version, type, blob
    FROM checkpoint_blobs WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
), writes AS (
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %(target)s, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
    FROM checkpoint_writes WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
)
INSERT INTO checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
SELECT %(target)s, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint,
       CASE WHEN metadata ? 'thread_id'
            THEN jsonb_set(metadata, '{thread_id}', to_jsonb(%(target)s::text)) ELSE metadata END
FROM checkpoints WHERE thread_id = %(source)s
ON CONFLICT DO NOTHING
"""
