"""The life of a profile through the native Speech SDK: the core of its C#, C++, Java, Go and Objective-C forms.

The SDK has no Python classes for speaker recognition, but its package carries the core, and the core exports the C API
that the other languages call. ``python -m tests.clients.native <host> <key> <folder of clips>`` prints what it
understood of each answer, as JSON. It reaches only port 80 and 443: of the host it keeps the name alone.
"""

import ctypes
import json
import sys
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p, create_string_buffer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

KINDS: Final = {
    "identification/text-independent": 1,
    "verification/text-dependent": 2,
    "verification/text-independent": 3,
}
_COUNTED: Final = ("enrollmentsCount", "remainingEnrollmentsCount", "remainingEnrollmentsSpeechLengthInSec")
"""Properties of an enrollment that the core reads from the answer; lengths are in ticks of 100 ns there."""
_JSON: Final = 5000  # PropertyId.SpeechServiceResponse_JsonResult
_ERROR: Final = 5001  # PropertyId.SpeechServiceResponse_JsonErrorDetails

type Handle = c_void_p


def core_library() -> Path | None:
    """The native core, if its package is installed."""
    package = find_spec("azure.cognitiveservices.speech")
    names = ("*Speech.core.so", "*Speech.core.dylib", "*Speech.core.dll")
    folder = Path(package.origin).parent if package and package.origin else None
    return next((file for name in names for file in folder.glob(name)), None) if folder else None


class Native:
    """The exported functions that this needs: each returns 0 or an error, and mostly fills a handle."""

    def __init__(self) -> None:
        self._core = ctypes.CDLL(str(core_library()))
        self._core.property_bag_get_string.restype = c_void_p
        self._core.error_get_message.restype = c_char_p

    def call(self, name: str, *arguments: object) -> None:
        """Call a function; an error becomes an exception."""
        function = getattr(self._core, name)
        function.restype = c_void_p
        if error := function(*arguments):
            raise RuntimeError(f"{name}: {self._core.error_get_message(c_void_p(error)) or hex(error)}")

    def made(self, name: str, *arguments: object) -> Handle:
        """The handle that a function fills as its first argument."""
        handle = c_void_p()
        self.call(name, byref(handle), *arguments)
        return handle

    def result(self, name: str, *arguments: object) -> Handle:
        """The handle that a function fills as its last argument."""
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def text(self, result: Handle, number: int, name: bytes | None = None) -> str:
        """A property of a result, by number or, with the number -1, by name."""
        bag = self.result("result_get_property_bag", result)
        text = self._core.property_bag_get_string(bag, number, name, b"")
        return ctypes.string_at(text).decode() if text else ""

    def understood(self, result: Handle) -> dict[str, Any]:
        """Reason, JSON and error of a result, and what the core read from the JSON."""
        reason = c_int()
        self.call("result_get_reason", result, byref(reason))
        answer = json.loads(self.text(result, _JSON) or "null")
        counted = {
            name: int(text) for name in _COUNTED if (text := self.text(result, -1, f"enrollment.{name}".encode()))
        }
        return {"reason": reason.value, "answer": answer, "error": self.text(result, _ERROR), "counted": counted}


class Sdk:
    """What a program of the SDK does, for one family of profiles."""

    def __init__(self, host: str, key: str, folder: Path, family: str) -> None:
        self.native = Native()
        self.mode, dependency = family.split("/")
        self.folder = folder / dependency
        self.kind = KINDS[family]
        self.config = self.native.made("speech_config_from_host", host.encode(), key.encode())
        self.client = self.native.made("create_voice_profile_client_from_config", self.config)

    def created(self) -> Handle:
        return self.native.result("create_voice_profile", self.client, c_int(self.kind), b"en-us")

    def id_of(self, profile: Handle) -> str:
        text, length = create_string_buffer(64), c_uint32(64)
        self.native.call("voice_profile_get_id", profile, text, byref(length))
        return text.value.decode()

    def phrases(self) -> list[str]:
        found = self.native.result("get_activation_phrases", self.client, b"en-us", c_int(self.kind))
        return self.native.text(found, -1, b"speakerrecognition.phrases").split("|")

    def listed(self) -> list[str]:
        text, size = c_char_p(), c_size_t()
        self.native.call("get_profiles_json", self.client, c_int(self.kind), byref(text), byref(size))
        return (text.value or b"")[: size.value].decode().split("|")

    def got(self, profile: Handle) -> dict[str, Any]:
        name = self.id_of(profile).encode()
        return self.native.understood(
            self.native.result("retrieve_enrollment_result", self.client, name, c_int(self.kind))
        )

    def changed(self, how: str, profile: Handle, *arguments: object) -> dict[str, Any]:
        result = self.native.result(f"{how}_voice_profile", self.client, profile, *arguments)
        return self.native.understood(result)

    def enrolled(self, profile: Handle, clip: str) -> dict[str, Any]:
        return self.changed("enroll", profile, self.clip(clip))

    def all_enrolled(self, profile: Handle, word: str) -> list[dict[str, Any]]:
        return [self.enrolled(profile, file.stem) for file in sorted(self.folder.glob(f"{word}-*.wav"))]

    def clip(self, name: str) -> Handle:
        file = str(self.folder / f"{name}.wav").encode()
        return self.native.made("audio_config_create_audio_input_from_wav_file_name", file)

    def recognized(self, profiles: list[Handle], clip: str) -> dict[str, Any]:
        if self.mode == "verification":
            action, model = "verify", self.native.made("speaker_verification_model_create", profiles[0])
        else:
            action, model = "identify", self.native.made("speaker_identification_model_create")
            for profile in profiles:
                self.native.call("speaker_identification_model_add_profile", model, profile)
        recognizer = self.native.made("recognizer_create_speaker_recognizer_from_config", self.config, self.clip(clip))
        return self.native.understood(self.native.result(f"speaker_recognizer_{action}", recognizer, model))


def life(sdk: Sdk) -> dict[str, Any]:
    """Every operation on a profile, with another one beside it."""
    profile, other = sdk.created(), sdk.created()
    enrolled = sdk.all_enrolled(profile, "enroll")
    sdk.all_enrolled(other, "other")
    return {
        "profileId": sdk.id_of(profile),
        "phrases": sdk.phrases(),
        "enrolled": enrolled,
        "refused": sdk.enrolled(profile, "refused"),
        "telephone": sdk.enrolled(profile, "telephone"),
        "listed": sdk.listed(),
        "got": sdk.got(profile),
        "own": sdk.recognized([profile, other], "own"),
        "otherwise": sdk.recognized([profile, other], "otherwise"),
        "stranger": sdk.recognized([profile, other], "stranger"),
        "reset": sdk.changed("reset", profile),
        "afterReset": sdk.got(profile),
        "notEnrolled": sdk.recognized([profile, other], "own"),
        "deleted": sdk.changed("delete", profile),
        "afterDelete": sdk.listed(),
    }


def main() -> None:
    """Run it for every family."""
    host, key, folder = sys.argv[1:]
    print(json.dumps({family: life(Sdk(host, key, Path(folder), family)) for family in KINDS}, indent=1))


if __name__ == "__main__":
    main()
