"""Hostile inputs for everything around the kernel: see __main__."""
