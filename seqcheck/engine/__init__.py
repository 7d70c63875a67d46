"""The run: source, decode, track, and the sinks that look on, for files, interfaces and frames from a program."""
