"""The command line: one verb per file, each with `add(subparsers)` and `run(args) -> int`; `main` owns the rest."""
