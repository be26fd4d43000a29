"""What our Postgres saver adds beside LangGraph's own tables, and what a set-up database has; no connection."""

from typing import Final

from langgraph.checkpoint.postgres.base import MIGRATIONS

from memory.short_term.postgres.graves import ARE_SET_UP, BURIED
from memory.short_term.postgres.parts import READ, SWEEP

RUN_INDEX: Final = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS checkpoints_run_id_idx ON checkpoints ((metadata ->> 'run_id'))
"""
"""Without it, cancelling one run would read every checkpoint that there is."""

INDEX_STATEMENTS: Final = (*(step for step in MIGRATIONS if "CREATE INDEX" in step), RUN_INDEX)
"""Each does nothing where its index is there: one that was taken away as broken is made again."""

PUT: Final = "mnemograph_put_checkpoints_3"
"""A change of the body takes another number: older processes go on with theirs."""

_NAMED: Final = "put.id, NULLIF(put.parent, ''), NULLIF(put.metadata -> 'parents' ->> '', '')"
"""Itself, its parent, and for a subgraph the root's checkpoint from which it was called."""

# A function, because each of its statements sees what was committed before it: the newest checkpoint is read after
# the lock is ours. It is also planned once a session, prepared statements or not.
PUT_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {PUT}(puts jsonb, blobs bytea[]) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
    put record;
    newest text;
    kept boolean[] := '{{}}';
BEGIN
    FOR put IN SELECT * FROM jsonb_to_recordset(puts) AS p (
        thread text, ns text, id text, parent text, goes_on boolean, body jsonb, metadata jsonb, parts jsonb
    ) LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('mnemograph:thread:' || put.thread, 0));
        IF {BURIED.format(thread="put.thread", ids=_NAMED)} THEN
            kept := kept || false;
            CONTINUE;
        END IF;
        IF put.goes_on THEN
            SELECT c.checkpoint_id INTO newest FROM checkpoints c
            WHERE c.thread_id = put.thread AND c.checkpoint_ns = put.ns
            ORDER BY c.checkpoint_id DESC LIMIT 1;
            -- Its own id: the answer to an earlier attempt was lost.
            IF newest IS DISTINCT FROM put.parent AND newest IS DISTINCT FROM put.id THEN
                kept := kept || false;
                CONTINUE;
            END IF;
        END IF;
        INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
        SELECT put.thread, put.ns, part ->> 0, part ->> 1, part ->> 2, blobs[(part ->> 3)::int]
        FROM jsonb_array_elements(put.parts) AS part
        ON CONFLICT DO NOTHING;
        INSERT INTO checkpoints
            (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
        VALUES (put.thread, put.ns, put.id, put.parent, put.body, put.metadata)
        ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
        DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata;
        kept := kept || true;
    END LOOP;
    RETURN kept;
END $$
"""

INDEXES: Final = (
    "checkpoints_thread_id_idx",
    "checkpoint_blobs_thread_id_idx",
    "checkpoint_writes_thread_id_idx",
    "checkpoints_run_id_idx",
)

# In two steps, since a statement cannot name a table that is not there.
HAS_MIGRATIONS: Final = "SELECT to_regclass('checkpoint_migrations') IS NOT NULL AS found"
IS_SET_UP: Final = f"""
SELECT (SELECT max(v) FROM checkpoint_migrations) >= {len(MIGRATIONS) - 1}
   AND (SELECT count(*) FROM pg_index WHERE indexrelid = ANY (
            SELECT to_regclass(name) FROM unnest(%(indexes)s::text[]) AS name) AND indisvalid) = {len(INDEXES)}
   AND to_regproc('{PUT}') IS NOT NULL AND to_regproc('{SWEEP}') IS NOT NULL
   AND to_regproc('{READ}') IS NOT NULL AND {ARE_SET_UP} AS done
"""

# A build that was killed leaves an index that is kept up and never used; IF NOT EXISTS would let it be.
BROKEN_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name FROM pg_index
WHERE indexrelid = ANY (SELECT to_regclass(name) FROM unnest(%(indexes)s::text[]) AS name) AND NOT indisvalid
"""
