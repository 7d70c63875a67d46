"""What holds for every test."""

import os
import signal

os.environ.pop("GITHUB_ACTIONS", None)  # what the tests run are no jobs of their own, even where the tests are
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background jobs; what we start inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)
