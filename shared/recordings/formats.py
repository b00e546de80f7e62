"""Turns as files that other tools read: RTTM, WebVTT, CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from shared.recordings.naming import Named
from shared.recordings.turns import Turn

type Labels = Mapping[int, str]
"""What a speaker is called, by number."""


def labels(speakers: Sequence[Named]) -> Labels:
    """A speaker's profile where it is known, and the number where not."""
    return {each.voice.number: each.profile_id or f"speaker-{each.voice.number}" for each in speakers}


def rttm(turns: Sequence[Turn], called: Labels, name: str = "recording") -> str:
    """NIST's Rich Transcription Time Marked, one line a turn; neither name holds a space."""
    return "".join(
        f"SPEAKER {_word(name)} 1 {turn.start:.3f} {turn.stop - turn.start:.3f} <NA> <NA> "
        f"{_word(called[turn.speaker])} <NA> <NA>\n"
        for turn in turns
    )


def vtt(turns: Sequence[Turn], called: Labels) -> str:
    """WebVTT, one cue a turn, whose voice and text are the speaker."""
    cues = (
        f"{_clock(turn.start)} --> {_clock(turn.stop)}\n"
        f"<v {_escaped(called[turn.speaker])}>{_escaped(called[turn.speaker])}</v>\n"
        for turn in turns
    )
    return "\n".join(("WEBVTT\n", *cues))


def table(turns: Sequence[Turn], called: Labels) -> str:
    """CSV (RFC 4180) with a header, times in milliseconds."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("offsetMs", "durationMs", "speaker", "name", "overlapped"))
    for turn in turns:
        times = milliseconds(turn.start), milliseconds(turn.stop) - milliseconds(turn.start)
        rows.writerow((*times, turn.speaker, called[turn.speaker], str(turn.overlapped).lower()))
    return file.getvalue()


FORMATS: Final[Mapping[str, Callable[[Sequence[Turn], Labels], str]]] = {"rttm": rttm, "vtt": vtt, "csv": table}
"""By the name that callers give."""


def milliseconds(seconds: float) -> int:
    """Whole milliseconds."""
    return round(seconds * 1000)


def _word(text: str) -> str:
    return "_".join(text.split()) or "_"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(milliseconds(seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
