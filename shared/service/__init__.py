"""Puts the parts together, once, and not before they are needed."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.errors import Misconfigured
from shared.listening.bundle import Bundle
from shared.listening.listener import Listener
from shared.profiles.choices import Choices
from shared.profiles.enrolling import Enrolling
from shared.profiles.fitting import Fitting
from shared.profiles.groups import Groups
from shared.profiles.lifecycle import Lifecycle
from shared.profiles.quota import ProfileQuota
from shared.profiles.upkeep import Upkeep
from shared.recognition.cohort import Cohorts
from shared.recognition.compaction import Compaction
from shared.recognition.everyone import Everyone
from shared.recognition.gallery import AnyGallery, Gallery
from shared.recognition.recognizer import Recognizer
from shared.recordings.conversations import Conversations
from shared.recordings.desk import Desk
from shared.recordings.diarizer import Diarizer
from shared.recordings.fetching import Fetching
from shared.recordings.sweep import Sweep
from shared.service.part import part
from shared.settings import MODELS, Settings
from shared.store import Store
from shared.store.challenges import Challenges
from shared.store.failures import Failures
from shared.store.outbox import Outbox
from shared.trust.account import Account
from shared.trust.events import Events, to_topic
from shared.trust.repeats import Repeats
from shared.trust.trail import Trail
from shared.words.book import PhraseBook
from shared.words.checker import PhraseChecker
from shared.words.transcript import Transcriber
from shared.words.whisper import Whisper

if TYPE_CHECKING:
    from shared.recordings.steps import Steps


class Service:
    """The whole domain, on one storage and one set of models.

    Each part may raise ``Misconfigured`` when it is built (a setting or a bundle is wrong), those on storage
    ``StorageUnavailable`` (the account does not answer); the next call then tries again.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        store: Store | None = None,
        listener: Listener | None = None,
        transcriber: Transcriber | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Bind to settings, and to those parts that somebody else has built already.

        Args:
            environment: settings by name; read when the first part is asked for.
            now: tells the time.
        """
        self.building = threading.RLock()
        self.now = now
        self._environment = environment
        self._given_store = store
        given = {"listener": listener, "transcriber": transcriber}
        vars(self).update({name: built for name, built in given.items() if built is not None})

    def warm_up(self) -> None:
        """Build what a first request would wait for: storage, and beside it the models.

        Raises:
            BundleError: a bundle is missing or damaged.
        """
        with ThreadPoolExecutor(1, "warming") as beside:
            loaded = beside.submit(self.listener.warm_up)
            self.store  # noqa: B018  built by being asked for
            loaded.result()

    @part
    def settings(self) -> Settings:
        """What the operator decided."""
        return Settings.read(self._environment)

    @part
    def store(self) -> Store:
        """Tables and blobs, and who is told of what is done to them."""
        store = self._given_store or _opened(self.settings)
        store.listeners = self.settings.listeners
        return store

    @part
    def listener(self) -> Listener:
        """The models, each loaded when it is first needed."""
        return Listener(
            Bundle.load(self.settings.bundle),
            Bundle.installed(MODELS),
            Bundle.load(MODELS / "silero-vad"),
            any_format=self.settings.decode_any,
        )

    @part
    def transcriber(self) -> Transcriber:
        """What writes down what is said."""
        chosen = self.settings
        if not chosen.speech_endpoint:
            return Whisper(chosen.whisper)
        from shared.words.azure_speech import SCOPE, AzureSpeech

        if chosen.speech_key:
            return AzureSpeech.with_key(chosen.speech_endpoint, chosen.speech_key)
        from azure.identity import DefaultAzureCredential

        credential = DefaultAzureCredential()
        return AzureSpeech.with_identity(
            chosen.speech_endpoint, chosen.speech_resource_id, lambda: credential.get_token(SCOPE).token
        )

    @part
    def phrases(self) -> PhraseBook:
        """The phrases that are asked for."""
        return PhraseBook.read(tolerance=self.settings.tolerance)

    @part
    def checker(self) -> PhraseChecker:
        """Whether a clip says what it has to."""
        return PhraseChecker(self.phrases, self.transcriber)

    @part
    def quota(self) -> ProfileQuota:
        """The limit on profiles."""
        return ProfileQuota(self.settings.max_profiles, self.store.count, time.monotonic)

    @part
    def lifecycle(self) -> Lifecycle:
        """Profiles from their creation to their end."""
        return Lifecycle(
            self.store,
            self.checker,
            self.quota,
            self.now,
            self.lockout,
            active_enrollment=self.settings.active_enrollment,
        )

    @part
    def repeats(self) -> Repeats:
        """Requests that may be sent again."""
        return Repeats(self.store.requests, self.now)

    @part
    def lockout(self) -> Failures:
        """Verifications that fail in a row."""
        return Failures(self.store, self.settings.failure_limit, self.now)

    @part
    def choices(self) -> Choices:
        """What speakers decide."""
        return Choices(self.store, self.lifecycle, self.now)

    @part
    def groups(self) -> Groups:
        """Groups of profiles."""
        return Groups(self.store, self.now)

    @part
    def enrolling(self) -> Enrolling:
        """Speech that is added to profiles."""
        keep_audio = self.settings.audio_retention_days > 0
        fitting = Fitting(self.listener, self.settings.enrollment_agreement, self.settings.repeated_audio)
        return Enrolling(
            self.store,
            self.listener,
            self.checker,
            self.now,
            fitting,
            keep_audio=keep_audio,
            needs_consent=self.settings.consent == "required",
        )

    @part
    def everyone(self) -> Everyone:
        """Who is speaking, among all."""
        return Everyone(self.recognizer, self.gallery)

    @part
    def gallery(self) -> AnyGallery:
        """Voices that are searched."""
        if self.settings.gallery == "memory":
            return Gallery(self.store)
        try:
            from shared.recognition.postgres import PostgresGallery, connecting  # an option of the package
        except ImportError:
            raise Misconfigured("SPEAKER_GALLERY=postgres needs what requirements-postgres.in names") from None
        return PostgresGallery(self.store, connecting(self.settings))

    @part
    def compaction(self) -> Compaction:
        """What has to be done for galleries from time to time."""
        return Compaction(self.store, self.gallery)

    @part
    def recognizer(self) -> Recognizer:
        """Who is speaking."""
        return Recognizer(
            self.store,
            self.listener,
            self.checker,
            self.now,
            false_match_rate=self.settings.false_match_rate,
            cohorts=Cohorts(self.store, on=self.settings.centring),
            failures=self.lockout,
            challenges=Challenges(self.store, self.now),
            note_use=self.settings.profile_retention_days > 0,
            note_recognized=self.settings.expiry_days > 0,
        )

    @part
    def conversations(self) -> Conversations:
        """Who speaks when, by name."""
        diarizer = Diarizer(self.listener, Bundle.load(MODELS / "pyannote-segmentation"))
        return Conversations(self.everyone, diarizer, any_format=self.settings.decode_any)

    @part
    def account(self) -> Account:
        """What a person may ask for."""
        return Account(self.store)

    @part
    def trail(self) -> Trail:
        """What was done, written down."""
        return Trail.of(self.store, self.now)

    @part
    def events(self) -> Events:
        """What was done, published."""
        return Events(Outbox(self.store.outbox, self.store.listeners, self.now), to_topic(self.settings.events_topic))

    @part
    def recordings(self) -> Desk:
        """Long recordings, handed in and asked for."""
        return Desk(self.store, self.conversations, self.now, self.fetching.check)

    @part
    def fetching(self) -> Fetching:
        """What fetches them from where callers say."""
        return Fetching.of(self.settings)

    @part
    def steps(self) -> "Steps":
        """What is done for long recordings."""
        decode_any = self.settings.decode_any
        from shared.recordings.steps import Steps  # and with it libsndfile

        return Steps(self.store, self.conversations, self.now, self.fetching.fetch, any_format=decode_any)

    @part
    def sweep(self) -> Sweep:
        """What is forgotten of them."""
        return Sweep(self.store, self.now)

    @part
    def upkeep(self) -> Upkeep:
        """What has to be done from time to time."""
        return Upkeep(
            self.store,
            self.lifecycle,
            self.enrolling,
            self.now,
            audio_days=self.settings.audio_retention_days,
            profile_days=self.settings.profile_retention_days,
            chores=(self.repeats.drop_old,),
            expiry_days=self.settings.expiry_days,
        )


def _opened(settings: Settings) -> Store:
    from shared.store.azure import AzureStore  # half a second of imports

    return AzureStore.open(settings)
