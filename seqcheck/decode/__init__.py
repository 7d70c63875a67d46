"""Frames -> records: which numbers of which streams a block of frames carries."""
