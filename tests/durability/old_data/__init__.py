"""Storage as an older version of the service left it: its table in ``table.json``, its audio in ``audio.zip``."""
