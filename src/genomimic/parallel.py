"""Independent pieces of work on all cores, in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def cores() -> int:
    """Processor cores that this process may use.

    >>> cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(make: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[Made]:
    """What `make` gives for each item, in their order; every core takes an item, and few are made ahead of need.

    Threads, so `make` should spend its time outside Python: in compiled code.

    >>> list(in_order(abs, [-2, 1, -3]))
    [2, 1, 3]
    """
    workers, ahead = cores(), deque[Future[Made]]()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                ahead.append(pool.submit(make, item))
                if len(ahead) > 2 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for later in ahead:
                later.cancel()
