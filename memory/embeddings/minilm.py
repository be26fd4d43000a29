"""all-MiniLM-L6-v2 on the CPU: texts in, unit vectors out."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
BATCH_COST: Final = 20
"""What a batch costs beside its tokens, in tokens: its weights are read once, each of its operators begun once."""
SHARE: Final = 64
"""Tokens below which a batch is not worth a core of its own."""


class MiniLM:
    """The loaded model. Safe to call from several threads; each call computes on up to `threads` cores.

    A core works on batches of its own: two that share every product wait for each other longer than they work.
    """

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
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.dims = shape.hidden
        self._threads = threads
        self._helpers = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="minilm")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, float32 (len(texts), dims), in the order of the texts.

        A text is cut at 256 tokens. Lone surrogates must have been removed.
        """
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        vectors = np.empty((len(tokens), self.dims), dtype=np.float32)

        def fill(batch: list[int]) -> None:
            vectors[batch] = self._vectors([tokens[index] for index in batch])

        *others, last = list(batches([len(ids) for ids in tokens], self._threads)) or [[]]
        asked = [self._helpers.submit(fill, batch) for batch in others]
        if last:
            fill(last)
        # What no helper has begun, because another call keeps it busy, is computed here.
        for batch, answer in zip(reversed(others), reversed(asked), strict=True):
            if answer.cancel():
                fill(batch)
        for answer in asked:
            if not answer.cancelled():
                answer.result()
        return vectors

    def _vectors(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)  # 0 is [PAD]
        mask = np.zeros_like(ids)
        for row, found in enumerate(tokens):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        vectors: NDArray[np.float32] = self._session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return vectors


def batches(lengths: Sequence[int], shares: int = 1) -> Iterator[list[int]]:
    """Indices of the texts in batches of similar length, shortest first: enough of them for `shares` cores."""
    bound = min(MAX_BATCH_TOKENS, max(-(-sum(lengths) // shares), SHARE))
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # In rising order the newest is the longest: it sets the width of the batch.
        longer = lengths[index] - lengths[batch[-1]] if batch else 0
        is_full = len(batch) == MAX_BATCH or (len(batch) + 1) * lengths[index] > bound
        if batch and (is_full or len(batch) * longer > BATCH_COST):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
