"""A BERT encoder with mean pooling as an ONNX graph, built in memory from its tensors.

Its linear layers hold their weights in eight bits: a text takes half as long, and its vector has a cosine of .995 and
more with the one that the published weights give.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from memory.embeddings.weights import Tensors

OPSET: Final = 20  # the first with Gelu as an operator
IR_VERSION: Final = 9
CONTRIBUTED: Final = "com.microsoft"  # the domain of onnxruntime's own operators
BLOCK: Final = 128  # weights that share a scale; the inputs of every layer are a multiple of it
_ZERO: Final = 128  # a weight's byte for 0
_INT8: Final = 4  # an accuracy_level: what is multiplied with the weights is quantised as well


@dataclass(frozen=True)
class BertShape:
    """Sizes of the encoder, named as in the model's config.json; `max_tokens` includes [CLS] and [SEP]."""

    hidden: int
    heads: int
    layers: int
    eps: float
    max_tokens: int

    @classmethod
    def from_config(cls, config: dict[str, Any], max_tokens: int) -> "BertShape":
        return cls(
            hidden=int(config["hidden_size"]),
            heads=int(config["num_attention_heads"]),
            layers=int(config["num_hidden_layers"]),
            eps=float(config["layer_norm_eps"]),
            max_tokens=min(max_tokens, int(config["max_position_embeddings"])),
        )


class GraphBuilder:
    """Collects nodes and constants; `external` holds the big arrays, which stay out of the protobuf."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.external: dict[str, NDArray[Any]] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append one operator; returns the name of its only output."""
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def number(self, value: float) -> str:
        """A float32 constant."""
        return self._constant(np.array(value, dtype=np.float32), onnx.TensorProto.FLOAT)

    def whole(self, value: int | list[int]) -> str:
        """An int64 constant: an index, axes or a shape."""
        return self._constant(np.array(value, dtype=np.int64), onnx.TensorProto.INT64)

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """A tensor that the session takes by address: 90 MB through a protobuf cost up to a second."""
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        proto = onnx.TensorProto(name=name, data_type=kind, dims=array.shape)
        proto.data_location = onnx.TensorProto.EXTERNAL
        proto.external_data.add(key="location", value="memory")
        self.initializers.append(proto)
        self.external[name] = np.ascontiguousarray(array)
        return name

    def linear(self, name: str, x: str, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """The product with a kernel (inputs, outputs), in eight bits, and a bias added to it."""
        inputs, outputs = kernel.shape
        packed, scales = quantised(kernel)
        given = [self.weight(f"{name}.weight", packed), self.weight(f"{name}.scales", scales)]
        added = self.weight(f"{name}.bias", bias.astype(np.float32))
        sizes = {"K": inputs, "N": outputs, "bits": 8, "block_size": BLOCK, "accuracy_level": _INT8}
        # Between them two inputs that the operator may do without.
        return self.op("MatMulNBits", x, *given, "", "", added, domain=CONTRIBUTED, **sizes)

    def _constant(self, array: NDArray[Any], kind: int) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(helper.make_tensor(name, kind, array.shape, array.tobytes(), raw=True))
        return name


def quantised(kernel: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Of a kernel (inputs, outputs) its bytes (outputs, blocks, BLOCK), 128 for 0, and the scale of each block."""
    inputs, outputs = kernel.shape
    blocks = np.ascontiguousarray(kernel.T).reshape(outputs, inputs // BLOCK, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2, keepdims=True), np.finfo(np.float32).tiny) / (_ZERO - 1)
    return (np.rint(blocks / scales) + _ZERO).astype(np.uint8), scales.reshape(-1).astype(np.float32)


class Encoder(GraphBuilder):
    """The encoder's parts, in the order of a text's way through it; each returns its output's name."""

    def __init__(self, tensors: Tensors, shape: BertShape) -> None:
        super().__init__()
        self.tensors = tensors
        self.shape = shape

    def embed(self) -> str:
        """Word plus position, normed: (batch, tokens, hidden)."""
        words = self.weight("words", self.tensors["embeddings.word_embeddings.weight"])
        # One text is always segment 0, so its vector is the same at every position: added here once.
        places = self.tensors["embeddings.position_embeddings.weight"][: self.shape.max_tokens]
        segment = self.tensors["embeddings.token_type_embeddings.weight"][0]
        positions = self.weight("positions", places + segment)
        length = self.op("Shape", "ids", start=1, end=2)
        begin = self.whole([0])
        here = self.op("Slice", positions, begin, length, begin)
        return self.norm("embeddings.LayerNorm", self.op("Add", self.op("Gather", words, "ids"), here))

    def layer(self, name: str, hidden: str) -> str:
        mixed = self.dense(f"{name}.attention.output.dense", self.attention(f"{name}.attention.self", hidden))
        hidden = self.norm(f"{name}.attention.output.LayerNorm", self.op("Add", mixed, hidden))
        wide = self.op("Gelu", self.dense(f"{name}.intermediate.dense", hidden))
        narrow = self.dense(f"{name}.output.dense", wide)
        return self.norm(f"{name}.output.LayerNorm", self.op("Add", narrow, hidden))

    def attention(self, name: str, hidden: str) -> str:
        """Self-attention with query, key and value as one product; the scale is folded into the query."""
        width = self.shape.hidden // self.shape.heads
        scales = {"query": width**-0.5, "key": 1.0, "value": 1.0}
        kernels = [self.tensors[f"{name}.{part}.weight"].T * scale for part, scale in scales.items()]
        offsets = [self.tensors[f"{name}.{part}.bias"] * scale for part, scale in scales.items()]
        qkv = self.linear(name, hidden, np.concatenate(kernels, axis=1), np.concatenate(offsets))
        split = self.op("Reshape", qkv, self.whole([0, 0, 3, self.shape.heads, width]))
        parts = self.op("Transpose", split, perm=[2, 0, 3, 1, 4])  # (3, batch, heads, tokens, width)
        query, key, value = (self.op("Gather", parts, self.whole(index), axis=0) for index in range(3))
        scores = self.op("MatMul", query, self.op("Transpose", key, perm=[0, 1, 3, 2]))
        weights = self.op("Softmax", scores, axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self.op("Reshape", mixed, self.whole([0, 0, self.shape.hidden]))

    def dense(self, name: str, x: str) -> str:
        return self.linear(name, x, self.tensors[f"{name}.weight"].T, self.tensors[f"{name}.bias"])

    def norm(self, name: str, x: str) -> str:
        gain = self.weight(f"{name}.weight", self.tensors[f"{name}.weight"])
        shift = self.weight(f"{name}.bias", self.tensors[f"{name}.bias"])
        return self.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=self.shape.eps)

    def pool(self, hidden: str) -> None:
        """The mean over the tokens, scaled to unit length: the graph's output."""
        mean = self.op("ReduceMean", hidden, self.whole([1]), keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))


def build_encoder(tensors: Tensors, shape: BertShape) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The serialized model and the arrays that it takes by address.

    Input: `ids`, int64 (batch, tokens), of texts of one length. Output: `vectors`, float32 (batch, hidden), of unit
    length.
    """
    encoder = Encoder(tensors, shape)
    hidden = encoder.embed()
    for index in range(shape.layers):
        hidden = encoder.layer(f"encoder.layer.{index}", hidden)
    encoder.pool(hidden)
    model = helper.make_model(
        helper.make_graph(
            encoder.nodes,
            "bert",
            [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, ["batch", shape.hidden])],
            encoder.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)],
        ir_version=IR_VERSION,
    )
    return model.SerializeToString(), encoder.external
