"""The console is given as it is committed, to those to whom it is shown, and nothing else is."""

import gzip
import json
import re
from collections.abc import Mapping
from typing import Final

import azure.functions as func
import pytest

from functions.console import FOLDER, HEADERS, PAGE, TYPES, files, shown
from functions.contract.refusals import NoSuchRoute
from functions.plumbing.guard import App
from shared.errors import Misconfigured
from shared.settings import ROOT
from shared.store.memory import MemoryStore
from tools.docs import COPIES

LOCAL: Final = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
IN_AZURE: Final = {"WEBSITE_SITE_NAME": "app"}
MOST_BYTES: Final = 60_000
"""Of all files together, compressed."""


def _ask(name: str = PAGE, environment: Mapping[str, str] = LOCAL, **headers: str) -> func.HttpResponse:
    hyphened = {header.replace("_", "-"): value for header, value in headers.items()}
    request = func.HttpRequest("GET", f"http://localhost/console/{name}", headers=hyphened, body=b"")
    return shown(App(environment, store=MemoryStore()), request, name)


@pytest.mark.parametrize("environment", [LOCAL, {**IN_AZURE, "SPEAKER_CONSOLE": "true"}], ids=["local", "switched on"])
def test_the_page_is_shown_on_a_local_host_and_where_the_operator_says_so(environment: Mapping[str, str]) -> None:
    answer = _ask(environment=environment)
    assert (answer.status_code, answer.mimetype, answer.charset) == (200, "text/html", "utf-8")
    assert answer.get_body() == (FOLDER / PAGE).read_bytes()


@pytest.mark.parametrize("environment", [{}, IN_AZURE, {**LOCAL, "SPEAKER_CONSOLE": "false"}], ids=str)
def test_it_is_not_shown_in_azure_by_itself_nor_where_the_operator_says_so(environment: Mapping[str, str]) -> None:
    with pytest.raises(NoSuchRoute):
        _ask(environment=environment)


@pytest.mark.parametrize("name", ["../console.py", "vendor/../../console.py", "vendor/LICENSE-htm.txt", "vendor", "no"])
def test_no_other_file_is_given(name: str) -> None:
    with pytest.raises(NoSuchRoute):
        _ask(name)


@pytest.mark.parametrize("name", [PAGE, "app.js", "style.css", "accuracy-det.svg"])
def test_every_file_forbids_what_the_page_does_not_need(name: str) -> None:
    headers = _ask(name).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["permissions-policy"].startswith("microphone=(self)")
    assert headers["x-content-type-options"] == "nosniff"
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_a_browser_that_has_a_file_is_told_that_it_is_still_right() -> None:
    first = _ask("app.js")
    again = _ask("app.js", if_none_match=first.headers["etag"])
    assert (again.status_code, again.get_body()) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert _ask("app.js", if_none_match='W/"another"').status_code == 200


def test_a_browser_that_unpacks_is_given_less() -> None:
    packed = _ask("app.js", accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.get_body()) == (FOLDER / "app.js").read_bytes()
    assert "content-encoding" not in _ask("app.js").headers


def test_all_of_it_is_small() -> None:
    assert sum(len(file.packed) for file in files().values()) <= MOST_BYTES


def test_every_file_is_used_and_every_file_that_is_used_is_there() -> None:
    texts = [file.read_text() for file in (FOLDER / PAGE, *FOLDER.rglob("*.js"))]
    used = {name for text in texts for name in re.findall(r'([\w-]+\.(?:js|css|svg))"', text)}
    assert used | {PAGE} == {name.rpartition("/")[2] for name in files()}


def test_the_page_has_neither_script_nor_style_in_it() -> None:
    page = (FOLDER / PAGE).read_text()
    assert re.findall(r"<script[^>]*>[^<]|<style|\sstyle=|\son\w+=", page) == []


def test_nothing_names_another_host_but_as_a_source_or_a_namespace() -> None:
    texts = {
        file: file.read_text() for file in FOLDER.rglob("*") if file.suffix in TYPES and "accuracy" not in file.name
    }
    found = {url for text in texts.values() for url in re.findall(r"https?://[\w.-]+", text)}
    assert found == {"http://www.w3.org", "http://soundfile.sapp.org"}


def test_every_word_that_the_page_says_stands_in_one_file() -> None:
    views = [*FOLDER.glob("views/*.js"), FOLDER / "parts.js", FOLDER / "app.js", FOLDER / "drawing.js"]
    assert [
        (file.name, said) for file in views for said in re.findall(r">\s*([A-Za-z][\w ,.]+)\s*<", file.read_text())
    ] == []


def test_what_the_server_says_is_put_in_as_text() -> None:
    own = [file for file in FOLDER.rglob("*.js") if file.parent.name != "vendor"]
    markup = re.compile("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval\\(|new Function")
    assert [file.name for file in own if markup.search(file.read_text())] == []


def test_preact_is_the_file_of_the_package_that_is_locked() -> None:
    package = ROOT / "node_modules" / "htm"
    if not package.is_dir():
        pytest.skip("node_modules is absent: `make test` installs it")
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/htm"]
    assert json.loads((package / "package.json").read_text())["version"] == locked["version"] == "3.1.1"
    assert (FOLDER / "vendor" / "preact.js").read_bytes() == (package / "preact" / "standalone.module.js").read_bytes()
    assert (FOLDER / "vendor" / "LICENSE-htm.txt").read_bytes() == (package / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", COPIES)
def test_a_picture_is_that_of_the_documentation(name: str) -> None:
    assert (ROOT / name).read_bytes() == (ROOT / COPIES[name]).read_bytes(), "`make docs` copies it"


def test_the_setting_is_one_of_three_words() -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_CONSOLE='yes': allowed are 'local', 'true', 'false'"):
        _ask(environment={"SPEAKER_CONSOLE": "yes"})
