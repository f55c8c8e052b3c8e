"""How many cores torch works on."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one core, for networks so small that several cores would only wait for each other.

    They are not faster on more, many times slower where another program wants a core as well, and
    those that are trained side by side do not crowd out each other.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
