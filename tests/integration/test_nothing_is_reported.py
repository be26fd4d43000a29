"""No part that we build on reports to its makers."""

import os
import subprocess
import sys
from pathlib import Path

from tests.services.postgres import PROJECT

EMBED = """
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
import asyncio
embeddings = open_embeddings(EmbeddingSpec(name="local", api_key=None, base_url=None, timeout_s=60, max_retries=0))
print(len(asyncio.run(embeddings.aembed_query("tea"))))
"""


def test_the_embedding_model_kept_a_device_id_for_its_makers_telemetry(tmp_path: Path) -> None:
    # These two would keep it quiet by themselves.
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    ran = subprocess.run(
        [sys.executable, "-c", EMBED],
        cwd=PROJECT,
        env={**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "384"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
