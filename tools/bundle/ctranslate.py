"""Whisper weights in CTranslate2's form, kept as it computes with them.

On a processor CTranslate2 turns 16-bit weights into 8-bit ones whenever it loads a model (``ops/quantize_cpu.cc``).
Done once, here, with the same arithmetic, the file is half as large, loads in a fraction of the time, and computes the
same to the bit. The form is that of its ``model_spec.py``, version 6: a head, then a count and so many variables (name,
shape, type, content), then aliases.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np

from shared.errors import BundleError

_VERSION: Final = 6
_FLOAT32: Final = 0
_INT8: Final = 1
_FLOAT16: Final = 4
_INT8_MAX: Final = np.float32(127)


@dataclass(frozen=True)
class Variable:
    """A tensor: its name, its shape, CTranslate2's number of its type, and its bytes."""

    name: str
    shape: tuple[int, ...]
    type: int
    content: bytes

    @property
    def is_matrix(self) -> bool:
        """Whether CTranslate2 computes with it in 8 bits: with every weight but those of convolutions."""
        return self.name.endswith("weight") and "conv" not in self.name

    def to_bytes(self) -> bytes:
        """As it stands in a file."""
        shape = struct.pack(f"<B{len(self.shape)}I", len(self.shape), *self.shape)
        return _text(self.name) + shape + struct.pack("<BI", self.type, len(self.content)) + self.content


def in_eight_bits(model: bytes) -> bytes:
    """The same model with its matrices in 8 bits, and a scale for each of their rows.

    Raises:
        BundleError: it is in another form, or cut off.
    """
    file = BytesIO(model)
    try:
        head = _head(file)
        variables = [out for variable in list(_variables(file)) for out in _quantized(variable)]
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise BundleError(f"the weights are not in CTranslate2's form: {error}") from error
    return head + struct.pack("<I", len(variables)) + b"".join(each.to_bytes() for each in variables) + file.read()


def _head(file: BytesIO) -> bytes:
    (version,) = _read(file, "I")
    if version != _VERSION:
        raise ValueError(f"version {version}, not {_VERSION}")
    name = _read_text(file)
    return struct.pack("<I", version) + _text(name) + struct.pack("<I", *_read(file, "I"))


def _variables(file: BytesIO) -> Iterator[Variable]:
    (count,) = _read(file, "I")
    for _ in range(count):
        name = _read_text(file)
        (rank,) = _read(file, "B")
        shape = _read(file, f"{rank}I")
        kind, length = _read(file, "BI")
        content = file.read(length)
        if len(content) != length:
            raise ValueError(f"{name} is cut off")
        yield Variable(name, shape, kind, content)


def _quantized(variable: Variable) -> Iterator[Variable]:
    if not variable.is_matrix or variable.type != _FLOAT16:
        yield variable
        return
    values = np.frombuffer(variable.content, "<f2").astype(np.float32).reshape(variable.shape)
    largest = np.abs(values).max(axis=1)
    scale = np.where(largest > 0, _INT8_MAX / np.where(largest > 0, largest, 1), np.float32(1)).astype("<f4")
    integers = np.rint(values * scale[:, np.newaxis]).astype(np.int8)
    yield Variable(variable.name, variable.shape, _INT8, integers.tobytes())
    yield Variable(f"{variable.name}_scale", variable.shape[:1], _FLOAT32, scale.tobytes())


def _read(file: BytesIO, form: str) -> tuple[int, ...]:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))


def _read_text(file: BytesIO) -> str:
    (length,) = _read(file, "H")
    return file.read(length).removesuffix(b"\0").decode()


def _text(text: str) -> bytes:
    encoded = text.encode() + b"\0"
    return struct.pack("<H", len(encoded)) + encoded
