"""The people who are to be enrolled, from a table: CSV with a header, or an object of JSON a line."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.recordings import UnusableInput

_NEEDED: Final = ("externalId", "files", "locale")
_CONSENT: Final = {"consentVersion": "version", "consentGivenDateTime": "givenDateTime", "consentBy": "by"}
"""Columns of a CSV, and what they are in an object."""
_BETWEEN_FILES: Final = ";"


@dataclass(frozen=True)
class Person:
    """Somebody who is to be enrolled.

    Attributes:
        id: who that is, in words of the caller's; the service is not told.
        files: recordings, in the order in which they are sent.
        consent: version, date and giver of the consent, as the service takes it; None where the table has none.
    """

    id: str
    files: tuple[Path, ...]
    locale: str
    consent: Mapping[str, str] | None = None


def read_people(table: Path) -> list[Person]:
    """The people of a table, in its order; files are found from the table's folder.

    Raises:
        UnusableInput: the table cannot be used; says where and why.
    """
    read = _READERS.get(table.suffix.lower())
    if read is None:
        raise UnusableInput(f"{table} ends in neither {' nor '.join(_READERS)}")
    try:
        lines = table.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as problem:
        raise UnusableInput(f"{table} cannot be read: {problem}") from None
    people: dict[str, Person] = {}
    for number, row in read(lines):
        person = _person(table, number, row)
        if people.setdefault(person.id, person) is not person:
            raise UnusableInput(f"{table}:{number}: {person.id!r} stands there twice")
    if not people:
        raise UnusableInput(f"{table} names nobody")
    return list(people.values())


def _from_csv(lines: Iterable[str]) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(lines)
    for row in reader:
        consent = {_CONSENT[name]: row.pop(name) for name in _CONSENT if row.get(name)}
        files = [name.strip() for name in (row.pop("files", "") or "").split(_BETWEEN_FILES) if name.strip()]
        others = {name: value for name, value in row.items() if name not in _CONSENT}
        yield reader.line_num, {**others, "files": files, **({"consent": consent} if consent else {})}


def _from_json(lines: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError:
                yield number, None


_READERS: Final[Mapping[str, Callable[[Iterable[str]], Iterator[tuple[int, Any]]]]] = {
    ".csv": _from_csv,
    ".jsonl": _from_json,
}


def _person(table: Path, number: int, row: Any) -> Person:  # noqa: ANN401  whatever stands there
    """Somebody, if a row says all that is needed and nothing that is not understood."""
    match row:
        case {"externalId": str(name), "files": [_, *_] as files, "locale": str(locale)} if (
            name and locale and all(isinstance(file, str) for file in files)
        ):
            consent = row.get("consent")
            if row.keys() <= {*_NEEDED, "consent"} and (consent is None or _is_consent(consent)):
                return Person(name, tuple(table.parent / file for file in files), locale, consent)
    known = f"{', '.join(_NEEDED)} and, all or none, {', '.join(_CONSENT)}"
    if table.suffix.lower() != ".csv":
        known = f"{', '.join(_NEEDED)} and, if any, consent with {', '.join(_CONSENT.values())}"
    raise UnusableInput(f"{table}:{number}: there has to be {known}, and nothing else")


def _is_consent(said: object) -> bool:
    if not isinstance(said, dict) or said.keys() != {*_CONSENT.values()}:
        return False
    return all(isinstance(value, str) and value for value in said.values())
