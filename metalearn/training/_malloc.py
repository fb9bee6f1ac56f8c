"""Memory between one meta-step and the next."""

import ctypes
import platform

# From glibc's malloc.h: blocks from this size on come straight from the system; this much may lie idle before it goes
# back to the system.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1
KEPT = 2**30  # bytes


def keep_freed_memory() -> None:
    """Let this process keep up to a gigabyte of the memory it frees: the next meta-step needs as much again.

    By default glibc returns it to the system, which then hands it out page by page and clears every page. With another
    C library, nothing changes.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        for threshold in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            library.mallopt(threshold, KEPT)
