"""How often is the verdict right? `python -m benchmarks.accuracy --help`, docs/accuracy.md.

Captures are drawn at random, far wider than any rule was written for, by code that shares nothing with what judges
them.
"""
