"""The tokens of a Whisper model: pieces of words, each known by its place in the model's vocabulary."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.errors import BundleError

if TYPE_CHECKING:
    from tiktoken import Encoding

_PIECES: Final = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""Between which no token reaches (GPT-2's rule, which Whisper kept)."""


def read_tokens(folder: Path) -> "Encoding":
    """The tokens of a model folder in CTranslate2's form.

    Raises:
        BundleError: there is no vocabulary, or not one of Whisper's.
    """
    from tiktoken import Encoding

    try:
        places = {token: place for place, token in enumerate(_vocabulary(folder))}
        special = {token: place for token, place in places.items() if token.startswith("<|")}
        bytes_of = _bytes_of()
        words = {bytes(bytes_of[mark] for mark in token): places[token] for token in places.keys() - special.keys()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"the vocabulary in {folder} cannot be read: {error!r}") from error
    return Encoding(folder.name, pat_str=_PIECES, mergeable_ranks=words, special_tokens=special)


def _vocabulary(folder: Path) -> list[str]:
    listed = folder / "vocabulary.json"
    if listed.is_file():
        tokens: list[str] = json.loads(listed.read_text("utf-8"))
        return tokens
    return (folder / "vocabulary.txt").read_text("utf-8").removesuffix("\n").split("\n")


def _bytes_of() -> dict[str, int]:
    """Bytes by the characters that stand for them in a vocabulary: GPT-2 writes those that do not print as others."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(0x100 + n): byte for n, byte in enumerate(others)}
