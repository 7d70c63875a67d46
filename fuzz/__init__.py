"""The C modules of the native kernel under a coverage-guided fuzzer; see __main__.py."""
