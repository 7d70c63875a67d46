"""NumPy arrays as memory; see arrays.pyx."""

from libc.stdint cimport int64_t

cdef enum:                      # kinds of elements
    SIGNED
    UNSIGNED
    ROWS


cdef class Array:
    cdef Py_buffer view
    cdef void *at               # its first element
    cdef int64_t count


cdef Array array_of(object given, int kind, size_t size, bint written=*)
cdef Array rows_in(object rows, size_t size)
cdef object rows_of(const void *rows, int64_t count, size_t size, object dtype)
