"""Captures in progress: where their frames come from, and the files that are written alongside."""
