"""``python -m tools <verb>``."""

import sys

from tools.verbs import main

if __name__ == "__main__":
    sys.exit(main())
