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
from tools.phrases.locales import clips_by_locale, falsely_accepted, table, wrongly_taken
from tools.phrases.make_clips import PHRASES
from tools.phrases.table import HEADER, Heard, accepted, rows, surprises

PROBLEMS: Final = (BundleError, Misconfigured, FileNotFoundError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On which clips."""
    parser.add_argument("--more", action="store_true", help="also many more voices; needs espeak-ng and flite")
    parser.add_argument(
        "--locales", action="store_true", help="the activation phrase in every locale instead; needs such a model"
    )


def run(options: argparse.Namespace) -> int:
    """1 if a bound is missed, or in a locale something else is taken for its activation phrase."""
    if options.locales:
        return report_locales(measure(list(clips_by_locale()), Settings.read(os.environ)))
    tried = itertools.chain(clips(), more() if options.more else ())
    return report(measure(list(tried), Settings.read(os.environ)))


def measure(tried: Sequence[Clip], settings: Settings) -> list[Heard]:
    """Transcribe clips and look their texts up, with the transcriber and the tolerance of the settings.

    Raises:
        BundleError: the model is missing or damaged.
        Misconfigured: it does not know the language of a clip.
    """
    whisper, book = Whisper(settings.whisper), PhraseBook.read(tolerance=settings.tolerance)
    unknown = sorted(locale for locale in {clip.locale for clip in tried} if not whisper.understands(locale))
    if unknown:
        raise Misconfigured(f"the model in {settings.whisper} does not know {', '.join(unknown)}: take WHISPER=base")

    def hear(clip: Clip) -> Heard:
        heard = whisper.transcribe(clip.samples, clip.locale)
        found = accepted(book, heard, clip.locale)
        return Heard(clip.row, clip.name, clip.phrase, heard.text, found, clip.locale)

    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        return list(tqdm(pool.map(hear, tried), total=len(tried), desc="transcribing", unit="clip", disable=None))


def report(heard: Sequence[Heard]) -> int:
    """Print the clips that were taken for something else, then the table; returns the exit status."""
    found = rows(heard, PHRASES)
    print(*surprises(heard), "", HEADER, *found, sep="\n")
    if not all(row.tries for row in found):
        print(f"absent: there are no recordings in {SPEECH}")
    return 0 if all(row.within for row in found) else 1


def report_locales(heard: Sequence[Heard]) -> int:
    """Print the clips that were taken for something else, then a row a locale; returns the exit status."""
    print(*wrongly_taken(heard), "", *table(heard), sep="\n")
    return 1 if falsely_accepted(heard) else 0
