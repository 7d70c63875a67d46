"""What holds for every test."""

import os

os.environ.pop("GITHUB_ACTIONS", None)  # what the tests run are no jobs of their own, even where the tests are
