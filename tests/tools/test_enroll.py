"""Many people from a table: everybody once, however often the run is cut off; what is refused is told."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests

from devhost.stack import Host
from functions.plumbing.guard import App
from shared.settings import ROOT
from shared.store.memory import MemoryStore
from shared.voices.families import VERIFICATION
from tests import remembering, voices
from tests.conftest import KEYS
from tests.contract.api import VERIFICATION as PATH
from tests.contract.api import Api
from tests.contract.in_process import ORIGIN, InProcess
from tools.enroll.journal import Journal, Outcome
from tools.enroll.people import read_people
from tools.enroll.waiting import Patience, Refused, Stopped
from tools.recordings import UnusableInput
from tools.verbs import main

HEADER = "externalId,files,locale,consentVersion,consentGivenDateTime,consentBy"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", KEYS[0])


def _table(folder: Path, *names: str) -> Path:
    """A table of synthetic voices, with their recordings."""
    lines = [HEADER]
    for name in names:
        for number, clip in enumerate(voices.speakers()[name].enrollments[:2]):
            (folder / f"{name}-{number}.wav").write_bytes(clip)
        lines.append(f"{name},{name}-0.wav;{name}-1.wav,en-us,2026-01,2026-02-03T00:00:00Z,paper")
    table = folder / "people.csv"
    table.write_text("\n".join(lines))
    return table


def _brief(folder: Path, *names: str) -> Path:
    """The same with recordings that are too short to enroll anybody, and heard in no time."""
    table = _table(folder, *names)
    for name in names:
        for number in range(2):
            (folder / f"{name}-{number}.wav").write_bytes(voices.seconds(name, 2 + number))
    return table


def _add(table: Path, line: str, **files: bytes) -> None:
    for name, clip in files.items():
        (table.parent / f"{name}.wav").write_bytes(clip)
    table.write_text(f"{table.read_text()}\n{line}")


def _report(table: Path) -> dict[str, dict[str, str]]:
    with table.with_suffix(".report.csv").open(newline="") as file:
        return {row["externalId"]: row for row in csv.DictReader(file)}


def _profiles(api: Api) -> set[str]:
    """Ids of all that the service holds."""
    page = api("GET", f"{PATH}/profiles", maxpagesize="500").json()
    found = {profile["profileId"] for profile in page["value"]}
    while "nextLink" in page:
        page = requests.get(page["nextLink"], headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10).json()
        found |= {profile["profileId"] for profile in page["value"]}
    return found


def test_everybody_is_enrolled_and_the_report_says_who_is_not_and_why(service: Host, tmp_path: Path) -> None:
    api, table = Api(service.url, KEYS[0]), _table(tmp_path, "anna", "david")
    _add(table, "brief,brief.wav,en-us,,,", brief=voices.seconds("anna", 0.5))
    _add(table, "begun,begun.wav;gone.wav,en-us,,,", begun=voices.seconds("david", 6))
    _add(table, "nobody,gone.wav,en-us,,,")
    _add(table, "stranger,brief.wav,xx-xx,,,")
    before = _profiles(api)
    assert main(["enroll", str(table), service.url]) == 1
    said = _report(table)
    assert {name: row["outcome"] for name, row in said.items()} == {
        "anna": "enrolled",
        "david": "enrolled",
        "brief": "refused",
        "begun": "incomplete",
        "nobody": "refused",
        "stranger": "refused",
    }
    assert said["brief"]["why"].startswith("1 (brief.wav): Invalid audio length. Minimum allowed length is 1 s")
    assert said["begun"]["why"].startswith("2 (gone.wav): cannot be read: No such file or directory | ")
    assert said["begun"]["why"].endswith(" s more needed")
    assert said["stranger"]["why"].startswith("Invalid locale value.")
    assert {row["profileId"] for row in said.values() if row["profileId"]} == _profiles(api) - before
    assert api.profile(said["anna"]["profileId"])["enrollmentsCount"] == int(said["anna"]["enrollments"]) == 2
    assert api.verify(said["anna"]["profileId"], voices.speakers()["anna"].test).json()["recognitionResult"] == "Accept"
    assert table.with_suffix(".journal").stat().st_mode & 0o077 == 0
    assert table.with_suffix(".report.csv").stat().st_mode & 0o077 == 0


def test_a_process_that_is_killed_goes_on_where_it_was(service: Host, tmp_path: Path) -> None:
    api, table = Api(service.url, KEYS[0]), _table(tmp_path, "anna", "david", "boris")
    before, journal = _profiles(api), table.with_suffix(".journal")
    command = [sys.executable, "-m", "tools", "enroll", str(table), service.url]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as running:
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
            assert running.poll() is None
        running.send_signal(signal.SIGKILL)
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    made = _profiles(api) - before
    assert {row["profileId"] for row in _report(table).values()} == made
    assert [api.profile(profile_id)["enrollmentsCount"] for profile_id in made] == [2, 2, 2]


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Local:
    """A service in this process, at ``ORIGIN``, and a count of what is sent to it and written of it.

    Attributes:
        point: number of the step at which the command is killed, before it or after.
    """

    store: MemoryStore = field(default_factory=MemoryStore)
    point: int = 0
    after: bool = False
    steps: int = 0
    settings: dict[str, str] = field(default_factory=dict)

    def session(self) -> requests.Session:
        """One that leads to the service."""
        listener = remembering.listener(any_format=True)
        app = App({"SPEAKER_RECOGNITION_KEYS": KEYS[0], **self.settings}, store=self.store, listener=listener)
        made = Session()
        made.mount(ORIGIN, Mortal(app, self))
        return made

    def step[Result](self, work: Callable[[], Result]) -> Result:
        """What the work gives, unless the command is killed around it."""
        self.steps += 1
        dies = self.steps == self.point
        if dies and not self.after:
            raise KilledError
        result = work()
        if dies:
            raise KilledError
        return result


Session = requests.Session


class Mortal(InProcess):
    """Sends one request after the other, up to the last."""

    def __init__(self, app: App, local: Local) -> None:
        super().__init__(app)
        self._local = local

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        return self._local.step(lambda: InProcess.send(self, request))


@pytest.fixture
def local() -> Iterator[Local]:
    """What the command takes for the service of the URL."""
    made, append = Local(), Journal._append

    def appended(journal: Journal, line: Any) -> None:  # noqa: ANN401
        made.step(lambda: append(journal, line))

    with (
        patch.object(requests, "Session", made.session),
        patch.object(Journal, "_append", appended),
        patch("tools.enroll.command.AT_ONCE", 1),
    ):
        yield made


def _command(table: Path, *options: str) -> int | None:
    return main(["enroll", str(table), ORIGIN, *options])


@pytest.mark.slow
def test_a_run_that_is_cut_off_at_any_step_comes_to_the_same(local: Local, tmp_path: Path) -> None:
    table = _brief(tmp_path, "anna", "david")
    assert _command(table) == 1
    steps = local.steps
    assert steps == 1 + 2 * (3 + 1) + 1
    for point in range(1, steps + 1):
        for after in (False, True):
            table.with_suffix(".journal").unlink()
            local.store, local.point, local.after, local.steps = MemoryStore(), point, after, 0
            with pytest.raises(KilledError):
                _command(table)
            local.point = 0
            assert _command(table) == 1
            _check(local.store, table)


@pytest.mark.slow
def test_overwriting_that_is_cut_off_at_any_step_comes_to_the_same(local: Local, tmp_path: Path) -> None:
    table = _brief(tmp_path, "anna")
    assert _command(table) == 1
    [profile_id] = [row["profileId"] for row in _report(table).values()]
    local.steps = 0
    assert _command(table, "--existing", "overwrite") == 1
    steps = local.steps
    assert steps == 1 + 3 + 2 + 1 + 1
    for point in range(1, steps + 1):
        for after in (False, True):
            local.point, local.after, local.steps = point, after, 0
            with pytest.raises(KilledError):
                _command(table, "--existing", "overwrite")
            local.point = 0
            _command(table, "--existing", "overwrite")
            _check(local.store, table)
    assert _report(table)["anna"]["profileId"] == profile_id


def _check(store: MemoryStore, table: Path) -> None:
    """Everybody has one profile with two recordings."""
    said = _report(table)
    assert {row["profileId"] for row in said.values()} == {profile_id for _, profile_id in store.profiles}
    assert {len(profile.enrollments) for profile in store.profiles.values()} == {2}
    assert len(store.audio) == 2 * len(said)


@pytest.mark.slow
def test_who_is_enrolled_is_skipped_and_who_was_refused_is_tried_again(local: Local, tmp_path: Path) -> None:
    table = _table(tmp_path, "anna")
    _add(table, "david,david.wav,en-us,,,", david=voices.seconds("david", 0.5))
    assert _command(table) == 1
    first = _report(table)
    (tmp_path / "david.wav").write_bytes(voices.seconds("david", 40))
    assert _command(table) == 0
    second = _report(table)
    assert [second[name]["outcome"] for name in ("anna", "david")] == ["skipped", "enrolled"]
    assert [second[name]["profileId"] for name in second] == [first[name]["profileId"] for name in first]
    assert _command(table) == 0
    assert {len(profile.enrollments) for profile in local.store.profiles.values()} == {1, 2}


def test_whose_profile_was_deleted_gets_another(local: Local, tmp_path: Path) -> None:
    table = _table(tmp_path, "anna")
    assert _command(table) == 0
    [(_, gone)] = local.store.profiles
    local.store.remove(local.store.profiles[VERIFICATION.name, gone])
    local.store.audio.clear()
    assert _command(table, "--existing", "overwrite") == 0
    _check(local.store, table)
    assert _report(table)["anna"]["profileId"] != gone


def test_a_service_that_refuses_everybody_ends_the_run_and_the_next_one_goes_on(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _table(tmp_path, "anna")
    monkeypatch.setenv("SPEAKER_KEY", "wrong")
    with pytest.raises(SystemExit, match="Access denied due to invalid subscription"):
        _command(table)
    assert _report(table) == {}
    monkeypatch.setenv("SPEAKER_KEY", KEYS[0])
    assert _command(table) == 0
    _check(local.store, table)


def test_an_older_service_that_looks_for_no_duplicates_is_not_taken_for_one_that_found_none(
    local: Local, tmp_path: Path
) -> None:
    answered = patch("tools.client.Client.enroll", lambda *_, **__: {"enrollmentStatus": "Enrolled"})
    with answered, pytest.raises(SystemExit, match="does not look for duplicates"):
        _command(_table(tmp_path, "anna"), "--duplicates", "report")
    assert local.steps == 2


@pytest.mark.parametrize(("wish", "outcome"), [("report", "enrolled"), ("fail", "refused")])
def test_whose_voice_another_profile_has_is_reported_or_refused(
    local: Local, tmp_path: Path, wish: str, outcome: str
) -> None:
    table = _table(tmp_path, "anna")
    _add(table, "again,again.wav,en-us,,,", again=voices.seconds("anna", 60))
    assert _command(table, "--duplicates", wish) == int(outcome == "refused")
    anna, again = _report(table).values()
    assert (anna["outcome"], anna["duplicates"], again["outcome"]) == ("enrolled", "", outcome)
    told = again["duplicates"] if wish == "report" else again["why"]
    assert anna["profileId"] in told


def test_consent_comes_with_the_profile_and_who_gave_none_is_refused_where_it_is_required(
    local: Local, tmp_path: Path
) -> None:
    local.settings = {"SPEAKER_CONSENT": "required"}
    table = _table(tmp_path, "anna")
    _add(table, "david,david.wav,en-us,,,", david=voices.seconds("david", 40))
    _add(table, "late,david.wav,en-us,2026-01,yesterday,paper")
    assert _command(table) == 1
    said = _report(table)
    assert [row["outcome"] for row in said.values()] == ["enrolled", "refused", "refused"]
    assert "onsent" in said["david"]["why"]
    assert "givenDateTime" in said["late"]["why"]
    consent = local.store.profiles[VERIFICATION.name, said["anna"]["profileId"]].consent
    assert consent is not None
    assert (consent.version, consent.by, f"{consent.given:%Y-%m-%d}") == ("2026-01", "paper", "2026-02-03")
    table.write_text(
        table.read_text().replace("david.wav,en-us,,,", "david.wav,en-us,2026-01,2026-02-03T00:00:00Z,web")
    )
    assert _command(table) == 1
    assert [row["outcome"] for row in _report(table).values()] == ["skipped", "enrolled", "refused"]


def _answer(status: int, body: object = None, **headers: str) -> requests.HTTPError:
    response = requests.Response()
    response.status_code, response._content = status, json.dumps(body).encode()
    response.headers.update(headers)
    return requests.HTTPError(response=response)


def _error(status: int, code: str, **headers: str) -> requests.HTTPError:
    return _answer(status, {"error": {"code": code, "message": "no"}}, **headers)


@dataclass
class Service:
    """Fails in one way after the other, then answers."""

    failures: list[Exception]

    def __call__(self) -> dict[str, Any]:
        if self.failures:
            raise self.failures.pop(0)
        return {"done": True}


def test_what_may_pass_is_waited_for_as_long_as_the_service_says() -> None:
    slept: list[float] = []
    busy = _error(429, "RateLimit", **{"retry-after": "7"})
    failures: list[Exception] = [
        busy,
        requests.ConnectionError(),
        _answer(502, "a page"),
        _answer(503, {"error": {}}),
        busy,
    ]
    assert Patience(slept.append).ask(Service(failures)) == {"done": True}
    assert slept == [7, 4, 8, 16, 7]


@pytest.mark.parametrize(
    ("failure", "ends", "tries"),
    [
        (_error(400, "InvalidRequest"), Refused, 1),
        (_error(403, "Forbidden"), Stopped, 1),
        (_error(404, "404"), Stopped, 1),
        (_error(409, "Conflict"), Refused, 1),
        (_error(409, "Conflict", **{"retry-after": "1"}), Refused, 8),
        (requests.Timeout(), Stopped, 8),
    ],
)
def test_what_will_not_pass_is_told(failure: Exception, ends: type[Exception], tries: int) -> None:
    slept: list[float] = []
    with pytest.raises(ends):
        Patience(slept.append).ask(Service([failure] * 9))
    assert len(slept) == tries - 1
    assert max(slept, default=0) <= 60


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("people.txt", "", "ends in neither .csv nor .jsonl"),
        ("people.csv", HEADER, "names nobody"),
        ("people.csv", "externalId,files\nanna,a.wav", ":2: there has to be externalId, files, locale and, all or"),
        ("people.csv", "externalId,files,locale\nanna,,en-us", ":2: there has to be"),
        ("people.csv", "externalId,files,locale\nanna,a.wav,en-us,more", ":2: there has to be"),
        ("people.csv", "externalId,files,locale,name\nanna,a.wav,en-us,Anna", ":2: there has to be"),
        ("people.csv", f"{HEADER}\nanna,a.wav,en-us,2026-01,,", ":2: there has to be"),
        ("people.csv", "externalId,files,locale\na,a.wav,en-us\na,b.wav,en-us", ":3: 'a' stands there twice"),
        ("people.jsonl", "{", ":1: there has to be externalId, files, locale and, if any, consent with version"),
        ("people.jsonl", '{"externalId":"a","files":[1],"locale":"en-us"}', ":1: there has to be"),
        ("people.jsonl", '{"externalId":"a","files":["a"],"locale":"en-us","consent":{"by":"a"}}', ":1: there has"),
        (
            "people.jsonl",
            '{"externalId":"a","files":["a"],"locale":"e","consent":{"by":"a","version":1,"givenDateTime":"b"}}',
            ":1: there has to be",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_before_anything_is_sent(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UnusableInput) as refused:
        read_people(tmp_path / name)
    assert problem in str(refused.value)


def test_a_table_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"\xff\xfe")
    for name in ("people.csv", "absent.csv"):
        with pytest.raises(UnusableInput, match="cannot be read"):
            read_people(tmp_path / name)


def test_both_kinds_of_table_say_the_same(tmp_path: Path) -> None:
    consent = {"version": "2026-01", "givenDateTime": "2026-02-03T00:00:00Z", "by": "paper"}
    first = {"externalId": "anna", "files": ["anna-0.wav", "anna-1.wav"], "locale": "en-us", "consent": consent}
    second = {"externalId": "x", "files": ["x.wav"], "locale": "de-de"}
    (tmp_path / "people.jsonl").write_text(f"{json.dumps(first)}\n\n{json.dumps(second)}\n")
    table = _table(tmp_path, "anna")
    _add(table, "x, x.wav ,de-de,,,")
    assert read_people(table) == read_people(tmp_path / "people.jsonl")


def test_a_line_that_was_cut_off_is_left_out_and_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.journal"
    first = Journal(file, "here")
    first.ended(Outcome("anna", "enrolled"))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"person": "da')
    again = Journal(file, "here")
    assert (again.run, list(again.done), file.read_bytes()) == (first.run, ["anna"], whole)
    with pytest.raises(UnusableInput, match="is of here, not of there"):
        Journal(file, "there")
    file.write_bytes(b"externalId,files\n" + whole)
    with pytest.raises(UnusableInput, match=":1 is no line of a run"):
        Journal(file, "here")
