import threading
import time
from concurrent.futures import ThreadPoolExecutor

from localcloud.lambdas.slots import Slots


def test_no_more_than_the_limit_work_while_work_ends() -> None:
    slots = Slots(3, patience_seconds=30)
    lock = threading.Lock()
    busy, most = 0, 0

    def work(_: int) -> None:
        nonlocal busy, most
        with slots.one():
            with lock:
                busy += 1
                most = max(most, busy)
            with lock:
                busy -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(300)))
    assert busy == 0
    assert most <= 3


def test_work_that_waits_for_work_does_not_deadlock() -> None:
    slots = Slots(1, patience_seconds=0.01)
    reached = []

    def nest(depth: int) -> None:
        with slots.one():
            reached.append(depth)
            if depth < 5:
                worker = threading.Thread(target=nest, args=(depth + 1,))
                worker.start()
                worker.join()

    began = time.monotonic()
    nest(0)
    assert reached == [0, 1, 2, 3, 4, 5]
    assert time.monotonic() - began < 5
