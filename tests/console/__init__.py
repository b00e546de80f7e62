"""The console in a real Chromium, against the whole service."""
