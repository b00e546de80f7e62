"""Parts of a service, each built once and not before it is needed."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol, Self, overload


class Whole(Protocol):
    """What has parts: one of them is built at a time."""

    building: RLock


class part[Part]:  # noqa: N801  used as a decorator
    """A part of a service: built when it is first asked for, by one thread while the others wait."""

    def __init__(self, build: Callable[[Any], Part]) -> None:
        """Remember how it is built."""
        self._build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name under which it is kept."""
        self._name = name

    @overload
    def __get__(self, service: None, owner: type) -> Self: ...
    @overload
    def __get__(self, service: Whole, owner: type) -> Part: ...

    def __get__(self, service: Whole | None, owner: type) -> "Self | Part":
        """The part; once it is built, Python finds it before it comes here."""
        if service is None:
            return self
        with service.building:
            built: Any = vars(service).get(self._name)
            if built is None:
                built = vars(service)[self._name] = self._build(service)
            return built  # type: ignore[no-any-return]
