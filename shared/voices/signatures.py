"""What a voice is recognised by: the means of its enrollments, as wide and as narrow channels pass them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shared.errors import UnreadableProfile
from shared.listening.views import Band


@dataclass(frozen=True, eq=False)
class View:
    """Mean of a profile's enrollment embeddings as a channel passes them, weighted by their speech.

    Attributes:
        mean: [dimension] float32, not of unit length: its length tells how alike the enrollments are.
        speech_sec: the weight, seconds of speech behind the mean.
    """

    mean: NDArray[np.float32]
    speech_sec: float

    def joined_by(self, other: "View") -> "View":
        """The mean over the enrollments of both."""
        total = self.speech_sec + other.speech_sec
        mean = (self.mean * self.speech_sec + other.mean * other.speech_sec) / total
        return View(mean.astype(np.float32), total)


@dataclass(frozen=True, eq=False)
class Signature:
    """What a voice is recognised by.

    Attributes:
        views: by band; a narrow enrollment has no wide one. Signatures of older versions have only a wide one,
            whatever they were enrolled with.
        model_version: version of the bundle that made the embeddings; others do not compare with it.
    """

    views: Mapping[Band, View]
    model_version: str

    @property
    def is_whole(self) -> bool:
        """Whether it has been seen through narrow channels."""
        return Band.NARROW in self.views

    @property
    def speech_sec(self) -> float:
        """Seconds of speech behind it."""
        return max(view.speech_sec for view in self.views.values())

    @property
    def is_narrow(self) -> bool:
        """Whether most of what was enrolled is narrow."""
        wide, narrow = self.views.get(Band.WIDE), self.views.get(Band.NARROW)
        return wide is None or (narrow is not None and wide.speech_sec < narrow.speech_sec / 2)

    def band_for(self, clip: Band) -> Band:
        """In which band a clip is compared: in that which both have, where most of the enrolled speech is.

        A wide clip is compared as it came, unless most of what was enrolled is narrow.
        """
        return Band.NARROW if self.is_whole and (clip is Band.NARROW or self.is_narrow) else Band.WIDE

    def is_narrowed_with(self, clip: Band) -> bool:
        """Whether one side is narrowed to be compared with a clip, because the other came narrow."""
        return self.band_for(clip) is Band.NARROW and self.is_narrow != (clip is Band.NARROW)

    def check_comparable(self, embedding: NDArray[np.float32]) -> None:
        """Refuse to compare or to join what is not of one model.

        Raises:
            UnreadableProfile: the embedding has another dimension.
        """
        for view in self.views.values():
            if embedding.shape != view.mean.shape:
                raise UnreadableProfile(
                    f"a signature of model {self.model_version} has {view.mean.size} numbers, not {embedding.size}"
                )

    def joined_by(self, other: "Signature") -> "Signature":
        """The signature of the enrollments of both."""
        for view in other.views.values():
            self.check_comparable(view.mean)
        missing = {band: view for band, view in other.views.items() if band not in self.views}
        joined = {
            band: view.joined_by(other.views[band]) if band in other.views else view
            for band, view in self.views.items()
        }
        return replace(self, views={**joined, **missing})
