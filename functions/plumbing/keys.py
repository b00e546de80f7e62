"""Who may call: subscription keys, compared in constant time."""

import hmac
from collections.abc import Sequence

from shared.errors import AccessDenied, Unauthorized


def check_key(presented: str | None, accepted: Sequence[str]) -> None:
    """Admit a caller who presents one of the accepted keys.

    Every accepted key is compared, so that the time taken tells nothing of which one came close.

    Raises:
        Unauthorized: no key, or an empty one, was presented.
        AccessDenied: the key is not accepted; always so when no key is configured.
    """
    if not presented:
        raise Unauthorized("Request is not authorized. Make sure subscription key is included and valid.")
    offered = presented.encode(errors="surrogateescape")
    matches = [hmac.compare_digest(offered, key.encode()) for key in accepted]
    if not any(matches):
        raise AccessDenied(
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
            "for an active subscription and use a correct regional API endpoint for your resource."
        )
