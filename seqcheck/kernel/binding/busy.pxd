"""One thread at a time, with or without a lock of all threads around it: native/busy.h."""

cdef extern from "../native/busy.h" nogil:
    bint busy_take(unsigned char *flag)
    void busy_leave(unsigned char *flag)


cdef inline int take(unsigned char *flag, object what) except -1:
    """Nobody else is at work with it, nor will be before `busy_leave`."""
    if not busy_take(flag):
        raise RuntimeError(f"{what}: it is at work in another thread")
    return 0
