# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""NumPy arrays as memory, by the buffer protocol; and rows of border.py, copied between NumPy and C.

Typed memoryviews would do what Array does, at 150 KB of generated code in each module that has one, and more than twice the
time to build them (docs/architecture.md).
"""

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from seqcheck.kernel.binding.border cimport (
    ContentFlow, ContentOften, Event, Field, Interface, MissingPage, Source, State, StreamKey, Stretch,
)


def row_bytes():
    """The bytes of each kind of row that this was built with, by its name in border.py."""
    return {
        "INTERFACE": sizeof(Interface), "FIELD": sizeof(Field), "STREAM_KEY": sizeof(StreamKey), "SOURCE": sizeof(Source),
        "CONTENT_FLOW": sizeof(ContentFlow), "CONTENT_OFTEN": sizeof(ContentOften), "EVENT": sizeof(Event),
        "MISSING_PAGE": sizeof(MissingPage), "HOLE": sizeof(Stretch), "STREAM_STATE": sizeof(State),
    }


cdef class Array:
    """The memory of a caller's array: in one piece, and where it is for as long as this lives."""

    def __dealloc__(self):
        PyBuffer_Release(&self.view)


cdef bint is_of(const char *format, int kind):
    """Whether elements of this format (PEP 3118) are integers of that kind, in this machine's order of bytes."""
    if format == NULL or format[0] == 0 or format[1] != 0:
        return False
    return format[0] in b"bhilq" if kind == SIGNED else format[0] in b"BHILQ"


cdef Array array_of(object given, int kind, size_t size, bint written=False):
    """The memory of an array of one dimension whose elements have `size` bytes, and are ROWS of any kind or integers.
    ValueError if it is none, or not in one piece; or, if it is to be written to, must not be."""
    cdef Array array = Array.__new__(Array)
    cdef int flags = PyBUF_ND | PyBUF_C_CONTIGUOUS
    if kind != ROWS:
        flags |= PyBUF_FORMAT
    if written:
        flags |= PyBUF_WRITABLE
    PyObject_GetBuffer(given, &array.view, flags)
    if array.view.ndim != 1 or <size_t>array.view.itemsize != size:
        raise ValueError(f"a mismatch: {array.view.itemsize} bytes each instead of {size}, or not of one dimension")
    if kind != ROWS and not is_of(array.view.format, kind):
        raise ValueError("a mismatch: elements of another type")
    array.at, array.count = array.view.buf, array.view.shape[0]
    return array


cdef Array rows_in(object rows, size_t size):
    """The memory of the caller's rows, or of a copy in one piece."""
    import numpy
    return array_of(numpy.ascontiguousarray(rows), ROWS, size)


cdef object rows_of(const void *rows, int64_t count, size_t size, object dtype):
    """A NumPy array of `count` rows with a copy of what lies at `rows` (zeros for NULL)."""
    import numpy
    if dtype.itemsize != size:
        raise RuntimeError("the kernel was built for another border.py; build it again")
    table = numpy.zeros(count, dtype)
    if rows != NULL and count > 0:
        memcpy(array_of(table, ROWS, size, True).at, rows, count * size)
    return table
