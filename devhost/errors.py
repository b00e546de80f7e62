"""What can go wrong in the host itself."""


class SetupError(Exception):
    """The host cannot start; the message is shown in one line and the exit code is 1."""


class FunctionFailedError(Exception):
    """An invocation failed or ran too long; the log says why."""
