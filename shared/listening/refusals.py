"""What a recording can do wrong: the part of the tree of ``shared/errors.py`` below ``InvalidAudio``."""

from shared.errors import AUDIO, ENROLL, RECOGNIZE, InvalidRequest


class InvalidAudio(InvalidRequest):
    """The audio cannot be used."""

    where = AUDIO


class WrongFormat(InvalidAudio):
    """The audio is in a format that is not read, or damaged."""

    measured: str
    says = "Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM."
    adds = "Measured: {measured}."
    note = "rarer with `SPEAKER_DECODE_ANY=true`"


class NoAudio(InvalidAudio):
    """The body is no audio."""

    found: str
    says = WrongFormat.says
    adds = "The body is no audio: it looks like {found}."


class Undeclared(InvalidAudio):
    """Samples without a header are not what they are taken for."""

    taken: str
    found: str
    how: str
    says = WrongFormat.says
    adds = (
        "The audio has no header, was taken for {taken} and looks like {found}. "
        "Send a file with a header, or declare it: {how}."
    )
    note = "audio without a header is taken for 16 kHz, 16-bit, mono PCM unless its `Content-Type` says otherwise"


class TooNoisy(InvalidAudio):
    """The voice does not stand out of the noise."""

    allowed_db: float
    snr_db: float
    says = "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is {allowed_db:g}dB."
    adds = "Measured: {snr_db:.1f}dB."
    where = (*ENROLL, *RECOGNIZE)
    note = "2 dB; 10 dB to verify a passphrase"


class InvalidLength(InvalidAudio):
    """There is more or less audio than a clip may hold."""


class TooShort(InvalidLength):
    """The audio is shorter than a clip may be."""

    allowed: float
    seconds: float
    says = "Invalid audio length. Minimum allowed length is {allowed:g} second(s)."
    adds = "The audio is {seconds:.2f} seconds long."
    note = "also for a body that is empty or no audio"


class TooLittleSpeech(InvalidLength):
    """The audio holds less speech than is needed."""

    allowed: float
    speech_sec: float
    says = TooShort.says
    adds = "The audio holds {speech_sec:.2f} seconds of speech."
    where = (*ENROLL, *RECOGNIZE)
    note = "4; 0.5 with `ignoreMinLength=true`, for enrollment and for passphrases"


class TooLong(InvalidLength):
    """The audio is longer than a clip may be."""

    allowed: float
    seconds: float
    says = "Invalid audio length. Maximum allowed length is {allowed:g} second(s)."
    adds = TooShort.adds
    note = "120; 10 for passphrases; 300 for a recording of several people"


class TooLarge(InvalidLength):
    """The body holds more bytes than are read."""

    held: int
    allowed: int
    says = "Invalid audio length. The request holds {held:,} bytes; at most {allowed:,} are allowed."
    own = True


class TooMuchToDecode(InvalidLength):
    """A file of another format holds more audio than is decoded."""

    allowed: float
    measured: str
    says = "Invalid audio length. At most {allowed} seconds are decoded; the audio {measured}."
    own = True
