"""all-MiniLM-L6-v2 on the CPU: texts in, unit vectors out."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from memory.embeddings.bert import BertShape, build_encoder
from memory.embeddings.weights import CONFIG, TOKENIZER, WEIGHTS, parse_safetensors, read_checked

MAX_TOKENS: Final = 256  # what the model was trained and published with
MAX_BATCH: Final = 32
MAX_BATCH_TOKENS: Final = 2048  # bounds what a batch of long texts takes to some 80 MB


class MiniLM:
    """The loaded model. Safe to call from several threads; each call computes on `threads` cores."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Read, check and compile the model: some 0.5 s and no network.

        Raises:
            UserError: a file of the model is absent or damaged.
        """
        config = json.loads(read_checked(folder, CONFIG))
        self._tokenizer = Tokenizer.from_str(read_checked(folder, TOKENIZER).decode())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        shape = BertShape.from_config(config, MAX_TOKENS)
        model, weights = build_encoder(parse_safetensors(read_checked(folder, WEIGHTS)), shape)
        # The session uses these by address: they must live as long as it does.
        self._weights = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options = onnxruntime.SessionOptions()
        options.add_external_initializers(list(weights), self._weights)
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.dims = shape.hidden

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, float32 (len(texts), dims), in the order of the texts.

        A text is cut at 256 tokens. Lone surrogates must have been removed.
        """
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        vectors = np.empty((len(tokens), self.dims), dtype=np.float32)
        for batch in batches([len(ids) for ids in tokens]):
            width = max(len(tokens[index]) for index in batch)
            ids = np.zeros((len(batch), width), dtype=np.int64)  # 0 is [PAD]
            mask = np.zeros_like(ids)
            for row, index in enumerate(batch):
                ids[row, : len(tokens[index])] = tokens[index]
                mask[row, : len(tokens[index])] = 1
            vectors[batch] = self._session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return vectors


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of the texts in batches of similar length, so that little is padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # In rising order the newest is the longest: it sets the width of the batch.
        if len(batch) == MAX_BATCH or (len(batch) + 1) * lengths[index] > MAX_BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
