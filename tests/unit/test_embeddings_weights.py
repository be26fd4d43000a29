import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from config.errors import UserError
from memory.embeddings import weights
from memory.embeddings.minilm import MiniLM


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the model in which each file is a link to the real one, to be replaced."""
    for name in weights.SHA256:
        (tmp_path / name).symlink_to(weights.model_folder() / name)
    return tmp_path


def test_the_package_is_found_without_being_imported() -> None:
    assert (weights.model_folder() / weights.WEIGHTS).is_file()
    assert weights.PACKAGE not in sys.modules


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed: .*`make setup`.*openai:text-embedding-3-small"):
        weights.model_folder()


@pytest.mark.parametrize("name", list(weights.SHA256))
def test_a_changed_file_is_refused(broken: Path, name: str) -> None:
    content = bytearray((broken / name).read_bytes())
    content[-2] ^= 1
    (broken / name).unlink()
    (broken / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} is damaged .*`make setup`.*openai:"):
        MiniLM(broken, threads=1)


@pytest.mark.parametrize("name", list(weights.SHA256))
def test_a_missing_file_is_refused(broken: Path, name: str) -> None:
    (broken / name).unlink()
    with pytest.raises(UserError, match=rf"{name} cannot be read \(.+\): .*`make setup`"):
        MiniLM(broken, threads=1)


def test_safetensors_are_read_by_offset_and_shape() -> None:
    first, second = np.arange(6, dtype="<f4").reshape(2, 3), np.array([7.5], dtype="<f4")
    header = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "b": {"dtype": "F32", "shape": [1], "data_offsets": [24, 28]},
            "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
            "ids": {"dtype": "I64", "shape": [1], "data_offsets": [28, 36]},
        }
    ).encode()
    content = len(header).to_bytes(8, "little") + header + first.tobytes() + second.tobytes() + bytes(8)
    tensors = weights.parse_safetensors(content)
    assert set(tensors) == {"a", "b"}
    np.testing.assert_array_equal(tensors["a"], first)
    np.testing.assert_array_equal(tensors["b"], second)
