"""Inputs that nobody would send, against everything around the kernel: see __main__."""
