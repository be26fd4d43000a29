"""The signs of a vector: a bit a dimension, of which the first look at all of an owner's memories is made.

Signs tell directions apart only around the middle. Many models put every text into a narrow cone, where most signs are
the same for all, so that they are taken from the mean of a few plain sentences.
"""

from typing import Any, Final

import numpy as np
from langchain_core.embeddings import Embeddings
from pgvector import Bit

# About anything that people talk of, so that their mean says what all texts share.
PLAIN: Final = (
    "My sister lives by the sea and teaches mathematics.",
    "The train was late again this morning.",
    "We had soup and fresh bread for dinner.",
    "I would like to learn to play the piano.",
    "The meeting was moved to Thursday afternoon.",
    "He prefers tea to coffee.",
    "Our dog is afraid of thunder.",
    "She broke her leg skiing last winter.",
    "The new laptop is faster than the old one.",
    "They are planning a trip to Japan.",
    "I finished the book about the history of maps.",
    "The rent goes up next month.",
    "Please keep your answers short.",
    "The garden needs water in summer.",
    "My grandfather repaired watches.",
    "The team lost the match by one point.",
    "I am allergic to nuts.",
    "What time does the museum close?",
    "The report has to be written in English.",
    "We painted the kitchen yellow.",
    "Her first job was in a bakery.",
    "The doctor told me to sleep more.",
    "They got married in a small church.",
    "The server crashed because the disk was full.",
    "I forgot my umbrella on the bus.",
    "The film was long but beautiful.",
    "He studies law and works at night.",
    "The children built a castle of sand.",
    "Vegetables are cheaper at the market.",
    "I feel tired and a little sad today.",
    "The price of gold has fallen.",
    "Could you remind me of the password rules?",
)


async def centre_of(embeddings: Embeddings, dims: int) -> Any:
    """The mean of what this model makes of plain sentences, in float32; zero where that is no number."""
    vectors = np.asarray(await embeddings.aembed_documents(list(PLAIN)), dtype=np.float32)
    mean = vectors.mean(axis=0) if vectors.shape == (len(PLAIN), dims) else np.zeros(dims, dtype=np.float32)
    return mean if np.isfinite(mean.astype(np.float16)).all() else np.zeros(dims, dtype=np.float32)


def bits_of(vector: Any, centre: Any = None) -> Bit:
    """The signs of a vector as it is stored, in half precision, seen from the centre."""
    stored = np.asarray(vector, dtype=np.float16).astype(np.float32)
    return Bit(stored > (0.0 if centre is None else centre))
