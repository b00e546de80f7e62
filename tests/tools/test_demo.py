"""What a newcomer sees first: everybody is recognised, strangers are not."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from devhost.stack import Host
from tests.conftest import KEYS
from tools.demo import command
from tools.demo.speakers import VOICES


def test_every_decision_of_the_demo_is_as_expected(service: Host, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def running(_: object) -> Iterator[Host]:
        yield service

    with patch.object(command, "stack", running), patch.object(command, "KEY", KEYS[0]):
        command.run(Namespace(folder=VOICES))
    said = capsys.readouterr()
    assert "Every call succeeded; 15 of 15 decisions as expected." in said.out
    assert "open http://127.0.0.1:7071/console in a browser" in said.out
    assert "<- not as expected" not in said.out
    assert "100%" in said.err
