"""The run: source, decode, track, and the sinks that observe them, for files, interfaces and frames from a program."""
