"""Captures that are still going on: where their frames come from, and the files that are written beside them."""
