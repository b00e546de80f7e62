"""The deployable package: which files it holds, and the notices and the bill of materials that go with it."""
