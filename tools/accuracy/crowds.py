"""Voices that nobody has, to fill galleries for which too few people were measured.

Each is blended of three measured voices, moved apart again as far as three are from their mean. So its cosines with a
test have the mean and the spread of the measured ones: among 105 people who read, through five pairs of channels, both
agree within 0.004. The tail is lighter: one in a thousand is above .435 where measured strangers are above .465 (wide),
and .688 where they are above .710 (300 to 3400 Hz on both sides).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.views import Band
from shared.voices.signatures import Signature, View
from tools.accuracy.galleries import Tenant

BLENDED: Final = 3
"""Voices in a blend: of two, some would be twins; of many, nobody would stand out."""
LEAST: Final = 50
"""Measured voices from which a crowd may be drawn."""


def blends(voices: NDArray[np.float32], parts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Voices that nobody has.

    Args:
        voices: [people, dimension] of unit length.
        parts: [count, BLENDED] whose voices each is made of.

    Returns:
        [count, dimension] of unit length.
    """
    mean = voices.mean(axis=0)
    blended = mean + (voices - mean)[parts].sum(axis=1) / np.sqrt(parts.shape[1], dtype=np.float32)
    return np.asarray(blended / np.linalg.norm(blended, axis=1, keepdims=True), np.float32)


def crowded(tenant: Tenant, kind: str, without: str, size: int, random: np.random.Generator) -> Tenant | None:
    """All of a tenant's voices of a kind, and as many blends of those as it takes to have so many besides one person.

    None where too few were measured, or enough. Nobody is blended of the one who is left out.

    Args:
        without: the name of that person, who stays in the tenant.
    """
    measured = np.flatnonzero((tenant.kinds == kind) & (tenant.names != without))
    if not LEAST <= len(measured) < size:
        return None
    count = size - len(measured)
    parts = np.argpartition(random.random((count, len(measured))), BLENDED, axis=1)[:, :BLENDED]
    own = np.flatnonzero(tenant.kinds == kind)
    drawn = {band: blends(views[measured], parts) for band, views in tenant.views.items()}
    seconds = [tenant.signatures[int(measured[first])].speech_sec for first in parts[:, 0]]
    signatures = [_signature({band: views[at] for band, views in drawn.items()}, sec) for at, sec in enumerate(seconds)]
    return Tenant(
        np.full(len(own) + count, kind),
        np.concatenate([tenant.names[own], [f"{kind}/blend {at}" for at in range(count)]]),
        [*(tenant.signatures[int(at)] for at in own), *signatures],
        {band: np.concatenate([views[own], drawn[band]]) for band, views in tenant.views.items()},
        (),
    )


def _signature(views: dict[Band, NDArray[np.float32]], speech_sec: float) -> Signature:
    """As enrolled people have it: without the views that these have not."""
    seen = {band: View(view, speech_sec) for band, view in views.items() if not np.isnan(view[0])}
    return Signature(seen, "")
