"""Is the app able to serve, and is it ready to?"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from functions.contract.dialects import Json
from functions.contract.shapes import timestamp
from functions.contract.version import VERSION
from functions.plumbing.call import reply
from functions.plumbing.guard import APP, App, guarded
from functions.plumbing.threads import beside
from shared.errors import SpeakerError
from shared.profiles.upkeep import last_seen_at_work

blueprint = func.Blueprint()

LATE: Final = timedelta(hours=3)
"""After which a timer that runs every hour does not run."""
FRESH_SEC: Final = 1.0
"""How long an answer holds: whoever asks more often costs nothing."""

_MONITORS: Final = ThreadPoolExecutor(1, "health")
"""The host's own threads are those that recognize; a monitor does not wait for them."""


class Checked:
    """The health of an app, looked at once a second at most; safe to use from several threads."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        """Bind to an app."""
        self._app = app
        self._clock = clock
        self._began = app.now()
        self._at = float("-inf")
        self._found: Json | SpeakerError = {}
        self._lock = threading.Lock()

    def answer(self) -> func.HttpResponse:
        """200 with what the app says of itself.

        Raises:
            SpeakerError: whatever is not in order.
        """
        with self._lock:
            if self._clock() - self._at >= FRESH_SEC:
                self._found, self._at = self._look(), self._clock()
            if isinstance(self._found, SpeakerError):
                raise self._found
            return reply(200, self._found)

    def _look(self) -> Json | SpeakerError:
        try:
            return self._document()
        except SpeakerError as problem:
            return problem

    def _document(self) -> Json:
        self._app.lifecycle.check_storage()
        report = self._app.store.report()
        since = self._app.now() - (last_seen_at_work(self._app.store) or self._began)
        return {
            "status": "Degraded" if since > LATE else "Healthy",
            "version": VERSION,
            "modelVersion": self._app.listener.version,
            "upkeep": {
                "finishedDateTime": timestamp(report.finished) if report else None,
                "unreadableProfiles": report.unreadable_profiles if report else None,
                "foreignAudio": report.foreign_audio if report else None,
            },
        }


_CHECKED: Final = Checked(APP)


@blueprint.function_name("Health")
@blueprint.route(route="health", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when settings, bundle and storage are in order; the error of what is not, otherwise. Needs no key."""
    return await beside(_MONITORS, lambda: guarded("Health", req, _CHECKED.answer))


@blueprint.function_name("warmup")
@blueprint.warm_up_trigger(arg_name="warmup")
def warm_up(warmup: WarmUpContext) -> None:  # noqa: ARG001  the trigger's binding
    """Build what the first caller would wait for."""
    APP.warm_up()
