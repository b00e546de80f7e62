"""What the service says of itself holds for whatever its description allows: Schemathesis, another's idea of hostile.

Left out are its checks that the contract decides otherwise: a method that is not there is 404, and audio that is well
described may be no audio.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.target import EXAMPLES, HANGS_AFTER_SEC, KEY, Target
from tests.operations import DESCRIBED

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""Not ``ignored_auth``: so many wrong keys from one address are answered 429. Keys are tested by themselves."""


@pytest.mark.timeout(7200)
def test_every_answer_is_one_that_is_described(service: Target, tmp_path: Path) -> None:
    options = {
        "header": f"Ocp-Apim-Subscription-Key: {KEY}",
        "checks": ",".join(CHECKS),
        "phases": "examples,coverage,fuzzing",
        "mode": "all",
        "max-examples": str(EXAMPLES // 20 or 5),
        "request-timeout": str(HANGS_AFTER_SEC),
        **({} if EXAMPLES else {"seed": "1"}),
    }
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.api.url}/openapi.json"]
    done = subprocess.run(
        [*command, *(f"--{name}={value}" for name, value in options.items())],
        cwd=tmp_path,  # it keeps notes where it runs
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("audio.py"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:]
    assert f"Tested: {DESCRIBED}" in done.stdout
