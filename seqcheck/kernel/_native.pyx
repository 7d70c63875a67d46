# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True
"""The native kernel: the same answers as `reference`, bit for bit, at the speed of memory.

What border.py promises, compiled: three loops without Python objects, without allocation and without the GIL. Every
read of captured bytes is preceded by a comparison with the end of what may be read; every write to a column by one
with its capacity. Tables that grow do so between two runs of a loop: the loop says that it needs room, and goes on
where it stopped. Importing this module imports neither NumPy nor border.py, so that `--version` need not wait.

One idea per .pxi file; each states its own rules.
"""

from seqcheck.kernel._border cimport *

include "_words.pxi"
include "_alike.pxi"
include "_columns.pxi"
include "_index.pxi"
include "_table.pxi"
include "_program.pxi"
include "_walk.pxi"
include "_template.pxi"
include "_flows.pxi"
include "_strips.pxi"
include "_long_way.pxi"
include "_decoder.pxi"
include "_bits.pxi"
include "_track_state.pxi"
include "_strict.pxi"
include "_track_record.pxi"
include "_track_chain.pxi"
include "_track_loop.pxi"
include "_tracker.pxi"
include "_compiled.pxi"

NAME = "native"
