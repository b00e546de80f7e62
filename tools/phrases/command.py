"""Who is believed to have said a listed phrase, by the local transcriber and the lists.

The clips are synthetic voices of this repository and, where ``../shared/speech`` is there, people.
"""

import argparse
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tqdm import tqdm

from shared.errors import BundleError, Misconfigured
from shared.settings import Settings
from shared.words.book import PhraseBook
from shared.words.whisper import Whisper
from tools.phrases.clips import SPEECH, Clip, clips, more
from tools.phrases.make_clips import LOCALE, PHRASES
from tools.phrases.table import HEADER, Heard, accepted, rows, surprises

PROBLEMS: Final = (BundleError, Misconfigured, FileNotFoundError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On which clips."""
    parser.add_argument("--more", action="store_true", help="also many more voices; needs espeak-ng and flite")


def run(options: argparse.Namespace) -> int:
    """1 if a bound is missed."""
    tried = itertools.chain(clips(), more() if options.more else ())
    return report(measure(list(tried), Settings.read(os.environ)))


def measure(tried: Sequence[Clip], settings: Settings) -> list[Heard]:
    """Transcribe clips and look their texts up, with the transcriber and the tolerance of the settings.

    Raises:
        BundleError: the model is missing or damaged.
    """
    whisper, book = Whisper(settings.whisper), PhraseBook.read(tolerance=settings.tolerance)

    def hear(clip: Clip) -> Heard:
        heard = whisper.transcribe(clip.samples, LOCALE)
        return Heard(clip.row, clip.name, clip.phrase, heard.text, accepted(book, heard))

    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        return list(tqdm(pool.map(hear, tried), total=len(tried), desc="transcribing", unit="clip", disable=None))


def report(heard: Sequence[Heard]) -> int:
    """Print the clips that were taken for something else, then the table; returns the exit status."""
    table = rows(heard, PHRASES)
    print(*surprises(heard), "", HEADER, *table, sep="\n")
    if not all(row.tries for row in table):
        print(f"absent: there are no recordings in {SPEECH}")
    return 0 if all(row.within for row in table) else 1
