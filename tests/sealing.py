"""A store that seals, on Azurite."""

import base64

from shared.settings import Settings
from shared.store.azure import AzureStore

KEY = base64.b64encode(bytes(range(32))).decode()


def sealing(storage: str, how: str = "local") -> AzureStore:
    """As a process opens it; ``off``, it can open what is sealed, and seals nothing."""
    chosen = {"SPEAKER_SEALING": how, "SPEAKER_SEALING_KEY": KEY}
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage, **chosen}))
