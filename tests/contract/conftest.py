import pytest

from devhost.stack import Host
from tests.conftest import KEYS
from tests.contract.api import Api


@pytest.fixture(scope="session")
def api(service: Host) -> Api:
    """The running service under its first key."""
    return Api(service.url, KEYS[0])
