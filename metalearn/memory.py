"""Memory between one meta-step and the next."""

import ctypes
import platform

# From glibc's malloc.h: from which size on memory comes from the system, and how much may lie idle before it goes back.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -3, -1
KEPT = 2**30  # bytes


def keep_freed() -> None:
    """Have this process keep what it frees, up to a gigabyte, as the next meta-step asks for the same again.

    glibc returns it to the system, which then hands it out page by page and clears each. Where the C library is another
    one, nothing changes.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        for threshold in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            library.mallopt(threshold, KEPT)
