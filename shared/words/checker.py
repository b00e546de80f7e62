"""Whether a clip says what it has to: the phrase book and a transcriber together."""

from collections.abc import Callable

from shared.errors import LocaleNotUnderstood
from shared.listening.listener import Utterance
from shared.observing.trace import current, stage
from shared.words.book import PhraseBook
from shared.words.digits import saying_of
from shared.words.matching import Saying
from shared.words.scripts import Script
from shared.words.transcript import Transcriber, Transcript


class PhraseChecker:
    """Hears which phrase a clip says; safe to use from several threads."""

    def __init__(self, book: PhraseBook, transcriber: Transcriber) -> None:
        """Bind to phrases, and to who writes words down."""
        self.book = book
        self._transcriber = transcriber

    def understood(self, script: Script, locale: str) -> str:
        """The supported locale that a text names, where the transcriber can write down its phrases.

        Raises:
            UnknownLocale: there are no phrases for it; names the locales that have them.
            LocaleNotUnderstood: the transcriber does not know the language; names those that it does.
            BundleError: as ``Transcriber``.
        """
        known = self.book.locale(script, locale)
        if not self._transcriber.understands(known):
            raise LocaleNotUnderstood(", ".join(filter(self._transcriber.understands, self.book.locales(script))))
        return known

    def check(self, script: Script, locale: str, heard: Utterance) -> Saying:
        """The phrase that is most like what an utterance says, and how like it is.

        Raises:
            UnknownLocale, LocaleNotUnderstood, BundleError: as ``understood``.
            TranscriberUnavailable: nobody could tell what it says.
        """
        known = self.understood(script, locale)
        return self._heard(known, heard, lambda said: self.book.nearest(script, known, said))

    def challenged(self, script: Script, locale: str, asked: str, heard: Utterance) -> Saying:
        """How near an utterance comes to digits that were asked for; raises as ``check``."""
        known = self.understood(script, locale)
        return self._heard(known, heard, lambda said: saying_of(asked, said.text, known))

    def _heard(self, locale: str, heard: Utterance, nearest: Callable[[Transcript], Saying]) -> Saying:
        with stage("transcribe"):
            saying = nearest(self._transcriber.transcribe(heard.speech, locale))
        current().phrase_heard = saying.phrase is not None
        return saying
