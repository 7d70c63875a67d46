"""The kernel in plain Python and NumPy, obvious before fast: if there is no native one, and what it is compared with.

`kernel.py` is the whole of it, as protocols.Kernel; each other file is a part. In reports its name is "reference".
"""
