"""The way from Python to the C of native/: an extension module for each step, and what they share.

`arrays` and `held` are how arrays pass the border, `busy` keeps two threads apart, `reading` is what decoders with and
without a layout have in common; `indexing`, `decoding`, `contents` and `tracking` are the steps. Each checks what the
headers of its C modules ask of a caller, and releases the GIL. Importing them imports neither NumPy nor border.py, so
that `--version` need not wait. `kernel.py` gives them as one, protocols.Kernel.
"""
