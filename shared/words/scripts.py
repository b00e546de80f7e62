"""Which phrases are said, and when: the two kinds of them."""

from dataclasses import dataclass
from typing import Final

from shared.errors import NoActivationPhrase, PhraseNotSaid, WrongPassphrase


@dataclass(frozen=True)
class Script:
    """Which phrases the clips of a profile say, and when.

    Attributes:
        kind: how a file of phrases calls them.
        field: how the contract's JSON does.
        every_clip: each clip is a phrase, always the same; if not, only the first begins with one.
        refusal: the error of a clip that does not say it.
    """

    kind: str
    field: str
    every_clip: bool
    refusal: type[PhraseNotSaid]


PASSPHRASE: Final = Script("passphrase", "passPhrase", every_clip=True, refusal=WrongPassphrase)
ACTIVATION: Final = Script("activation", "activationPhrase", every_clip=False, refusal=NoActivationPhrase)
SCRIPTS: Final = {script.kind: script for script in (PASSPHRASE, ACTIVATION)}
