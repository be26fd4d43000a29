"""What the tables of the long-term memory became after their first release, as further numbered migrations."""

from typing import Final

from memory.postgres.migrations import Migration

TAKE_OVER: Final = 3
"""The number of the take-over of a stock store's tables, which memory.long_term.upkeep.takeover does and marks."""

UPGRADES: Final = (
    Migration(
        4,
        "what a memory was indexed by, and two dimensions of one model",
        (
            # NULL is the store's own fields; none at all is a document that its writer brought along.
            "ALTER TABLE memory_lookup ADD COLUMN fields text[]",
            "ALTER TABLE memory_spaces DROP CONSTRAINT memory_spaces_model_key",
            "CREATE UNIQUE INDEX memory_spaces_by_model ON memory_spaces (model, dims)",
            # A number is never given again: a store that still runs may hold that of a space that is gone.
            "CREATE SEQUENCE memory_space_ids AS smallint",
            "SELECT setval('memory_space_ids', max(id)) FROM memory_spaces HAVING count(*) > 0",
        ),
    ),
    Migration(
        5,
        "when a memory was last read, and since when that is known",
        (
            "ALTER TABLE memory_lookup ADD COLUMN read_at timestamptz",
            """
            CREATE TABLE memory_heat (
                one boolean PRIMARY KEY DEFAULT true CHECK (one),
                began timestamptz NOT NULL DEFAULT now(), tended timestamptz NOT NULL DEFAULT now()
            )
            """,
        ),
    ),
    Migration(
        6,
        "which views are cold",
        ("CREATE INDEX memory_vectors_cold ON memory_vectors (owner) WHERE lane >= 2",),
    ),
    Migration(
        7,
        "the middle of a model's vectors",
        ("ALTER TABLE memory_spaces ADD COLUMN centre halfvec",),
    ),
)
