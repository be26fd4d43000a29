"""A BERT encoder with mean pooling as an ONNX graph, built in memory from its tensors.

Its linear layers multiply whole numbers: a text takes less than half as long, and its vector has a cosine of .98 and
more, mostly .995, with the one that the published weights give. Each token is scaled for itself, so that no text
changes another's vector.
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
_MASKED: Final = -1e9  # added to the scores of padding: exp() of it is 0
LARGEST: Final = 63
"""Of a weight: a processor without instructions for it adds two products with a byte in sixteen bits."""
_BYTE: Final = onnx.TensorProto.UINT8
_ZERO: Final = 128  # an activation's byte for 0
_STEPS: Final = 127  # on either side of it
_TINY: Final = 1e-9  # keeps a token of nothing but zeros from being divided by zero


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
        """A product with a kernel (inputs, outputs), by whole numbers, and a bias added to it."""
        whole, steps = quantised(kernel)
        given, scale = self._bytes(x)
        zero = self._constant(np.array(_ZERO, dtype=np.uint8), _BYTE)
        product = self.op("MatMulInteger", given, self.weight(f"{name}.weight", whole), zero)
        # One after the other: the optimizer takes a product of two scales for one scale of the whole matrix.
        scaled = self.op("Mul", self.op("Cast", product, to=onnx.TensorProto.FLOAT), scale)
        scaled = self.op("Mul", scaled, self.weight(f"{name}.steps", steps))
        return self.op("Add", scaled, self.weight(f"{name}.bias", bias.astype(np.float32)))

    def _bytes(self, x: str) -> tuple[str, str]:
        """Activations (batch, tokens, n) as bytes around 128, and each token's scale."""
        largest = self.op("ReduceMax", self.op("Abs", x), self.whole([2]), keepdims=1)
        scale = self.op("Mul", self.op("Max", largest, self.number(_TINY)), self.number(1 / _STEPS))
        # A cast cuts off what follows the point.
        moved = self.op("Add", self.op("Div", x, scale), self.number(_ZERO + 0.5))
        return self.op("Cast", moved, to=_BYTE), scale

    def _constant(self, array: NDArray[Any], kind: int) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(helper.make_tensor(name, kind, array.shape, array.tobytes(), raw=True))
        return name


def quantised(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel (inputs, outputs) in whole numbers up to LARGEST, and what one of them is worth for each output."""
    steps = np.maximum(np.abs(kernel).max(axis=0), _TINY) / LARGEST
    return np.rint(kernel / steps).astype(np.int8), steps.astype(np.float32)


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

    def layer(self, name: str, hidden: str, bias: str) -> str:
        mixed = self.dense(
            f"{name}.attention.output.dense", self.attention(f"{name}.attention.self", hidden, bias)
        )
        hidden = self.norm(f"{name}.attention.output.LayerNorm", self.op("Add", mixed, hidden))
        wide = self.op("Gelu", self.dense(f"{name}.intermediate.dense", hidden))
        narrow = self.dense(f"{name}.output.dense", wide)
        return self.norm(f"{name}.output.LayerNorm", self.op("Add", narrow, hidden))

    def attention(self, name: str, hidden: str, bias: str) -> str:
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
        weights = self.op("Softmax", self.op("Add", scores, bias), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self.op("Reshape", mixed, self.whole([0, 0, self.shape.hidden]))

    def dense(self, name: str, x: str) -> str:
        return self.linear(name, x, self.tensors[f"{name}.weight"].T, self.tensors[f"{name}.bias"])

    def norm(self, name: str, x: str) -> str:
        gain = self.weight(f"{name}.weight", self.tensors[f"{name}.weight"])
        shift = self.weight(f"{name}.bias", self.tensors[f"{name}.bias"])
        return self.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=self.shape.eps)

    def pool(self, hidden: str, mask: str) -> None:
        """The mean over real tokens, scaled to unit length: the graph's output."""
        axis = self.whole([1])
        weighted = self.op("Mul", hidden, self.op("Unsqueeze", mask, self.whole([2])))
        total = self.op("ReduceSum", weighted, axis, keepdims=0)
        mean = self.op("Div", total, self.op("ReduceSum", mask, axis, keepdims=1))
        self.nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))


def build_encoder(tensors: Tensors, shape: BertShape) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The serialized model and the arrays that it takes by address.

    Inputs: `ids` and `mask`, int64 (batch, tokens). Output: `vectors`, float32 (batch, hidden), unit length.
    """
    encoder = Encoder(tensors, shape)
    mask = encoder.op("Cast", "mask", to=onnx.TensorProto.FLOAT)
    padding = encoder.op("Mul", encoder.op("Sub", encoder.number(1.0), mask), encoder.number(_MASKED))
    bias = encoder.op("Unsqueeze", padding, encoder.whole([1, 2]))  # (batch, 1, 1, tokens)
    hidden = encoder.embed()
    for index in range(shape.layers):
        hidden = encoder.layer(f"encoder.layer.{index}", hidden, bias)
    encoder.pool(hidden, mask)
    int64 = onnx.TensorProto.INT64
    model = helper.make_model(
        helper.make_graph(
            encoder.nodes,
            "bert",
            [helper.make_tensor_value_info(name, int64, ["batch", "tokens"]) for name in ("ids", "mask")],
            [helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, ["batch", shape.hidden])],
            encoder.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    return model.SerializeToString(), encoder.external
