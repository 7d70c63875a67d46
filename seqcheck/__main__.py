"""`python -m seqcheck` is `seqcheck`."""

import sys

from seqcheck.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
