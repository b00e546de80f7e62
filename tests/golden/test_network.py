"""The oracle of the shipped references gives what it gave when they were made."""

import numpy as np
import pytest

from shared.listening.bundle import Bundle, golden_signal
from shared.settings import MODELS
from tests.golden.network import Network
from tests.recordings import SHIPPED
from tools.bundle.checkpoint import read_checkpoint
from tools.bundle.sources import fetch

pytestmark = pytest.mark.slow


def test_the_network_written_out_gives_the_shipped_reference() -> None:
    [checkpoint] = fetch(Bundle.load(MODELS / "campplus").sources).values()
    embedding = Network(read_checkpoint(checkpoint)).embed(golden_signal())
    np.testing.assert_allclose(embedding, SHIPPED.reference("synthetic"), atol=1e-5)
