"""What a first request would wait for is built while the host is still reading what the app serves."""

import threading
from contextlib import suppress

from functions.plumbing.guard import App
from shared.errors import SpeakerError
from shared.listening.heap import share_arena


def warm_up_early(app: App) -> threading.Thread | None:
    """Begin to warm up; not where no storage is named, since nothing can be served there."""
    share_arena()
    with suppress(SpeakerError):  # said by ``announce_access``, and to whoever calls
        if app.settings.connection_string or app.settings.table_url:
            warming = threading.Thread(target=_quietly, args=(app,), name="warming", daemon=True)
            warming.start()
            return warming
    return None


def _quietly(app: App) -> None:
    with suppress(SpeakerError):  # the first request tells it again
        app.warm_up()
