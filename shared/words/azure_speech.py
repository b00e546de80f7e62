"""Writes down what is said with Azure AI Speech, by its speech-to-text REST API for short audio.

One request carries one clip. Nothing of the clip, of what was said in it or of the credential gets into a message.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Self
from urllib.parse import urlencode

import numpy as np
import urllib3
from numpy.typing import NDArray

from shared.errors import TranscriberUnavailable
from shared.listening.audio import Clip
from shared.listening.containers import SAMPLE_RATE
from shared.words.transcript import Transcript

type Headers = Callable[[], Mapping[str, str]]
"""Headers that authorize the request that is sent now."""

SCOPE: Final = "https://cognitiveservices.azure.com/.default"
"""What an identity's token has to be for."""
MAX_SEC: Final = 60
"""Most audio that the service takes in one request (its documentation)."""

_PATH: Final = "/speech/recognition/conversation/cognitiveservices/v1"
_HEADERS: Final = {
    "Content-Type": f"audio/wav; codecs=audio/pcm; samplerate={SAMPLE_RATE}",
    "Accept": "application/json",
}
_TIMEOUT: Final = urllib3.Timeout(connect=3, read=10)
_PAUSES_SEC: Final = (0.2, 0.4)
"""Before the second and the third attempt."""
_PASSING: Final = (429, 500, 502, 503, 504)
_CONNECTIONS: Final = 16
"""Kept open; more are opened when more clips come at once."""
_WHO: Final = "check the key, or that the identity has the role Cognitive Services Speech User"
_HINTS: Final = {
    400: "it may not know the language",
    401: _WHO,
    403: f"{_WHO}, and whom the resource's networking lets in",
    404: "check the endpoint",
    429: "the resource is called more often than its tier allows",
}


class AzureSpeech:
    """A ``Transcriber`` that asks a Speech resource; safe to use from several threads.

    The endpoint is ``https://REGION.stt.speech.microsoft.com``, or behind a private endpoint
    ``https://NAME.cognitiveservices.azure.com/stt``.
    """

    def __init__(self, endpoint: str, headers: Headers, timeout: urllib3.Timeout = _TIMEOUT) -> None:
        """Bind to a resource; connects when it is first used.

        Args:
            timeout: seconds to connect, and seconds without a byte of the answer.
        """
        self._url = endpoint.strip().rstrip("/") + _PATH
        self._headers = headers
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False, timeout=timeout)

    @classmethod
    def with_key(cls, endpoint: str, key: str) -> Self:
        """Ask with one of the two keys of the resource."""
        return cls(endpoint, lambda: {"Ocp-Apim-Subscription-Key": key.strip()})

    @classmethod
    def with_identity(cls, endpoint: str, resource_id: str, token: Callable[[], str]) -> Self:
        """Ask with a Microsoft Entra identity.

        Args:
            resource_id: ``/subscriptions/.../providers/Microsoft.CognitiveServices/accounts/NAME``.
            token: the identity's token for ``SCOPE`` now; may raise ``AzureError``.
        """
        from azure.core.exceptions import AzureError  # slow to import and not needed with a key

        def headers() -> Mapping[str, str]:
            try:
                return {"Authorization": f"Bearer aad#{resource_id.strip()}#{token()}"}
            except AzureError as fault:
                raise _unavailable(f"the identity got no token: {type(fault).__name__}") from fault

        return cls(endpoint, headers)

    def understands(self, locale: str) -> bool:  # noqa: ARG002
        """True: the service knows the languages of every locale that has phrases; of another it says so when asked."""
        return True

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> Transcript:
        """The words in lower case without punctuation, numbers spelled out; empty where it hears none.

        It is asked up to three times, and given 3 seconds to connect and 10 to answer each time; after 10 seconds
        without an answer it is not asked again. So it is given up after 40 seconds at the latest.

        Args:
            speech: [n] in [-1, 1] at 16 kHz; what comes after ``MAX_SEC`` is left out.

        Raises:
            TranscriberUnavailable: it cannot be reached, refuses, or answers with something else than a result.
        """
        if not len(speech):
            return Transcript("")
        query = urlencode({"language": locale, "format": "detailed", "profanity": "raw"})
        answer = self._ask(f"{self._url}?{query}", Clip(speech[: MAX_SEC * SAMPLE_RATE]).to_wav())
        if answer.status != 200:
            raise _unavailable(_refusal(answer.status))
        return Transcript(_words(answer.data))

    def _ask(self, url: str, wav: bytes) -> urllib3.BaseHTTPResponse:
        headers = {**_HEADERS, **self._headers()}
        try:
            return self._persist(lambda: self._pool.request("POST", url, body=wav, headers=headers))
        except urllib3.exceptions.HTTPError as fault:
            # Their own text may quote what the service sent.
            raise _unavailable(f"no answer: {_named(fault)}") from None
        except ValueError:
            # Its text is the key or the token.
            raise _unavailable("the key or the token holds characters that no header may have") from None

    @staticmethod
    def _persist(attempt: Callable[[], urllib3.BaseHTTPResponse]) -> urllib3.BaseHTTPResponse:
        """The first answer that is not a passing failure, or else the third."""
        for pause_sec in _PAUSES_SEC:
            with suppress(
                urllib3.exceptions.ConnectTimeoutError,
                urllib3.exceptions.NewConnectionError,
                urllib3.exceptions.ProtocolError,
            ):
                answer = attempt()
                if answer.status not in _PASSING:
                    return answer
            time.sleep(pause_sec)
        return attempt()


def _words(body: bytes) -> str:
    match _document(body):
        case {"RecognitionStatus": "Success", "NBest": [{"Lexical": str(words)}, *_]}:
            return words
        case {"RecognitionStatus": "NoMatch" | "InitialSilenceTimeout" | "BabbleTimeout"}:
            return ""
        case {"RecognitionStatus": "Error"}:
            raise _unavailable("its RecognitionStatus is Error")
        case _:
            raise _unavailable("an answer that is no result of a recognition")


def _document(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _named(fault: urllib3.exceptions.HTTPError) -> str:
    causes = [cause for cause in fault.args if isinstance(cause, Exception)]
    return ": ".join(type(one).__name__ for one in (fault, *causes))


def _refusal(status: int) -> str:
    return f"status {status}" + (f"; {_HINTS[status]}" if status in _HINTS else "")


def _unavailable(what: str) -> TranscriberUnavailable:
    return TranscriberUnavailable(f"Azure AI Speech: {what}")
