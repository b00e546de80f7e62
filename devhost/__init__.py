"""A local Azure Functions host for machines without Core Tools: ``python -m devhost``.

It reads `host.json` and `local.settings.json`, lets the real worker library (`azure-functions-runtime`) index
`function_app.py`, and serves it in this process through the worker's own request coroutines. What an app can tell
from outside (routing, decoding, keys, limits, failures, timers, queues) follows the real host. It runs HTTP, timer,
queue and warm-up triggers; it has no other triggers, no input or output bindings and no HTTP streaming.
"""
