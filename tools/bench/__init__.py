"""How fast the service is, and beside what."""
