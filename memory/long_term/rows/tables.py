"""The tables of the long-term memory, as numbered migrations: a number's statements never change once released.

A row in memory_items is a memory, in memory_lookup what the lanes rank it by, in memory_vectors one of its
embedded views. All are hash-partitioned by their owner, which leads every key.
"""

from typing import Final, LiteralString

from memory.postgres.migrations import Migration

PARTITIONS: Final = 8
TABLES: Final = ("memory_items", "memory_lookup", "memory_vectors")

_ITEMS: LiteralString = """
    CREATE TABLE memory_items (
        owner text COLLATE "C" NOT NULL,
        path text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        id bigint NOT NULL DEFAULT nextval('memory_ids'),
        version bigint NOT NULL,
        value jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        expires_at timestamptz,
        ttl_minutes double precision,
        PRIMARY KEY (owner, path, key)
    ) PARTITION BY HASH (owner)
"""
# `place` counts the memories of a thread: it tells which are neighbours.
_LOOKUP: LiteralString = """
    CREATE TABLE memory_lookup (
        owner text COLLATE "C" NOT NULL,
        id bigint NOT NULL,
        thread bigint,
        said_at timestamptz,
        expires_at timestamptz,
        about_from timestamptz,
        about_to timestamptz,
        place integer,
        stated real NOT NULL,
        source smallint NOT NULL,
        timed boolean NOT NULL,
        path text COLLATE "C" NOT NULL,
        speaker text,
        terms sparsevec(1000000000) NOT NULL,
        PRIMARY KEY (owner, id)
    ) PARTITION BY HASH (owner)
"""
_VECTORS: LiteralString = """
    CREATE TABLE memory_vectors (
        owner text COLLATE "C" NOT NULL,
        id bigint NOT NULL,
        expires_at timestamptz,
        space smallint NOT NULL,
        lane smallint NOT NULL,
        view smallint NOT NULL,
        path text COLLATE "C" NOT NULL,
        bits bit varying NOT NULL,
        embedding halfvec NOT NULL
    ) PARTITION BY HASH (owner)
"""
_REST: tuple[LiteralString, ...] = (
    "CREATE UNIQUE INDEX memory_items_by_id ON memory_items (owner, id)",
    "CREATE INDEX memory_items_expiring ON memory_items (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX memory_lookup_threads ON memory_lookup (owner, thread, place) WHERE thread IS NOT NULL",
    "CREATE INDEX memory_lookup_times ON memory_lookup (owner, said_at) WHERE said_at IS NOT NULL",
    # Hamming distances are read from the index alone, a lane's together; the embedding re-ranks the nearest.
    """
    CREATE INDEX memory_vectors_near ON memory_vectors (owner, space, lane, path, id, view)
        INCLUDE (bits, expires_at)
    """,
    # Compressing vectors costs time and saves nothing; values compress well.
    "ALTER TABLE memory_vectors ALTER COLUMN embedding SET STORAGE EXTERNAL",
    "ALTER TABLE memory_lookup ALTER COLUMN terms SET STORAGE MAIN",
    # Who speaks in an owner's memories: a question that names one of them means that one's words.
    """
    CREATE TABLE memory_speakers (
        owner text COLLATE "C" NOT NULL, speaker text NOT NULL, PRIMARY KEY (owner, speaker)
    ) PARTITION BY HASH (owner)
    """,
    # The embedding models whose vectors are kept; of several, `active` serves and the others are being made.
    """
    CREATE TABLE memory_spaces (
        id smallint PRIMARY KEY, model text NOT NULL UNIQUE, dims integer NOT NULL,
        active boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE UNIQUE INDEX memory_spaces_active ON memory_spaces (active) WHERE active",
)


def _partitions(table: LiteralString) -> tuple[str, ...]:
    return tuple(
        f"CREATE TABLE {table}_{n} PARTITION OF {table} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n})"
        for n in range(PARTITIONS)
    )


MIGRATIONS: Final = (
    Migration(
        1,
        "memories, what they are found by, and their vectors",
        (
            "CREATE SEQUENCE memory_ids",
            _ITEMS,
            *_partitions("memory_items"),
            _LOOKUP,
            *_partitions("memory_lookup"),
            _VECTORS,
            *_partitions("memory_vectors"),
            *_REST,
            *_partitions("memory_speakers"),
        ),
    ),
)
