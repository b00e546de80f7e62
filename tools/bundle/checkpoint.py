"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running what a pickle could make it run."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError

type Tensors = Mapping[str, NDArray[Any]]

_DTYPES: Final = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_checkpoint(content: bytes) -> Tensors:
    """The state dict in a checkpoint file (the zip format of ``torch.save``), by name.

    Raises:
        BundleError: the file is no such zip, or its pickle asks for more than tensors.
    """
    return _content(content)


def read_parts(content: bytes) -> Mapping[str, Tensors]:
    """Several of them in one file, by name, beside which there may be plain numbers and words.

    Raises:
        BundleError: as ``read_checkpoint``.
    """
    return _content(content)


def _content(content: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, LookupError, ValueError, pickle.UnpicklingError) as error:
        raise BundleError(f"the checkpoint cannot be read: {error}") from error


def _read(archive: zipfile.ZipFile) -> dict[str, Any]:
    root = archive.namelist()[0].split("/")[0]
    with archive.open(f"{root}/data.pkl") as pickled:
        return dict(_TensorUnpickler(pickled, lambda key: archive.read(f"{root}/data/{key}")).load())


class _TensorUnpickler(pickle.Unpickler):
    """Knows the three names that a dict of tensors needs, and no other."""

    def __init__(self, file: Any, storage: Callable[[str], bytes]) -> None:  # noqa: ANN401 (any readable)
        super().__init__(file)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 (a class, a function or a dtype)
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it refers to {module}.{name}, which no tensor needs")

    def persistent_load(self, pid: tuple[str, np.dtype[Any], str, str, int]) -> NDArray[Any]:
        _, dtype, key, _, count = pid
        return np.frombuffer(self._storage(key), dtype, count)


def _tensor(
    storage: NDArray[Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> NDArray[Any]:
    """A view of ``storage``; torch counts strides in elements, numpy in bytes."""
    if offset < 0 or offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) >= storage.size:
        raise pickle.UnpicklingError("a tensor reaches past its storage")
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [step * storage.itemsize for step in strides])
    return np.ascontiguousarray(view)
