"""Azure AI Speech on this machine: its speech-to-text REST API for short audio, as the public documentation has it."""

import io
import json
import threading
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

PATH: Final = "/speech/recognition/conversation/cognitiveservices/v1"
CONTENT_TYPE: Final = "audio/wav; codecs=audio/pcm; samplerate=16000"
MAX_SEC: Final = 60

_FORMATS: Final = ("simple", "detailed")
_PROFANITY: Final = ("masked", "removed", "raw")


@dataclass(frozen=True)
class Answer:
    """What it does with a request that it does not refuse.

    Attributes:
        sent: the whole answer; half of its body before the connection closes, or before nothing more comes; the body
            without anything before it; no answer before the connection closes; or no answer.
    """

    code: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Literal["whole", "half", "stall", "bare", "cut", "hang"] = "whole"


def heard(text: str) -> Answer:
    """A result; the alternative after it is the more confident one, as in the documentation's example."""
    best = {"Confidence": 0.90, "Lexical": text, "ITN": text, "MaskedITN": text, "Display": f"{text.capitalize()}."}
    return result("Success", DisplayText=best["Display"], NBest=[best, {**best, "Confidence": 0.92, "Lexical": "else"}])


def result(status: str, **more: object) -> Answer:
    """A document with the given ``RecognitionStatus``."""
    return Answer(body=json.dumps({"RecognitionStatus": status, "Offset": 0, "Duration": 0, **more}).encode())


def failure(code: int, message: str = "") -> Answer:
    """A refusal as the gateway in front of the service words it."""
    return Answer(code, json.dumps({"error": {"code": str(code), "message": message}}).encode())


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        seconds: of audio in it; 0 where there is no audio of the format that is taken.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    seconds: float


@dataclass
class SpeechService:
    """A Speech resource, and what was asked of it.

    Attributes:
        base: what comes before the path: ``/stt`` behind a private endpoint.
        answers: one a request; the last goes on.
    """

    base: str = ""
    url: str = ""
    key: str = "0123456789abcdef0123456789abcdef"
    resource_id: str = "/subscriptions/1/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/speech"
    token: str = "eyJ0eXAi.eyJhdWQi.c2lnbmVk"  # noqa: S105
    answers: list[Answer] = field(default_factory=lambda: [heard("my voice is my passport verify me")])
    asked: list[Asked] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        """What an operator configures."""
        return self.url + self.base

    def answer(self, request: Asked) -> Answer:
        """Note a request and answer it."""
        self.asked.append(request)
        return self._refusal(request) or self.answers[min(len(self.asked), len(self.answers)) - 1]

    def _refusal(self, request: Asked) -> Answer | None:
        if request.path != self.base + PATH:
            return failure(404, "Resource not found")
        return self._unauthorized(request.headers) or _bad_query(request.query) or _bad_body(request)

    def _unauthorized(self, headers: Mapping[str, str]) -> Answer | None:
        key, bearer = headers.get("ocp-apim-subscription-key"), headers.get("authorization")
        if not (key or bearer):
            return failure(403, "A resource key or authorization token is missing.")
        if key == self.key or bearer == f"Bearer aad#{self.resource_id}#{self.token}":
            return None
        return failure(401, f"Access denied due to invalid subscription key {key}.")


def _bad_query(query: Mapping[str, str]) -> Answer | None:
    if not query.get("language"):
        return failure(400, "Invalid CID or language")
    known = query.get("format", "simple") in _FORMATS and query.get("profanity", "masked") in _PROFANITY
    return None if known else failure(400, "Invalid parameter")


def _bad_body(request: Asked) -> Answer | None:
    headers = request.headers
    if headers.get("content-type") != CONTENT_TYPE or headers.get("accept", "application/json") != "application/json":
        return failure(400, "Unsupported content type")
    return None if 0 < request.seconds <= MAX_SEC else failure(400, "Invalid audio")


def _seconds(body: bytes) -> float:
    try:
        with wave.open(io.BytesIO(body)) as file:
            whole = len(file.readframes(file.getnframes())) == 2 * file.getnframes()
            plain = (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
            return file.getnframes() / 16_000 if plain and whole else 0.0
    except (wave.Error, EOFError):
        return 0.0


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every answer


@contextmanager
def speech_service(base: str = "") -> Iterator[SpeechService]:
    """Serve a resource."""
    service = SpeechService(base)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            url, headers = urlsplit(self.path), {name.lower(): value for name, value in self.headers.items()}
            self._send(service.answer(Asked(url.path, dict(parse_qsl(url.query)), headers, _seconds(body))))

        def _send(self, answer: Answer) -> None:
            if answer.sent in ("whole", "half", "stall"):
                self._send_head(answer)
            if answer.sent in ("whole", "bare"):
                self.wfile.write(answer.body)
            if answer.sent in ("half", "stall"):
                self.wfile.write(answer.body[: len(answer.body) // 2])
            if answer.sent in ("stall", "hang"):
                service.ending.wait()

        def _send_head(self, answer: Answer) -> None:
            self.send_response(answer.code)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            service.ending.set()
            server.shutdown()
            thread.join()
