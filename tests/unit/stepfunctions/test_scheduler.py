"""The scheduler: strands, promises and cancellation."""

import threading

import pytest

from localcloud.stepfunctions.engine.gather import run_all
from localcloud.stepfunctions.engine.scheduler import BREATH, CancelledError, Promise, Scheduler
from localcloud.stepfunctions.engine.workers import Workers


@pytest.fixture
def scheduler():
    scheduler = Scheduler()
    yield scheduler
    scheduler.close()


def test_a_coroutine_is_run_to_its_end_for_the_caller(scheduler):
    async def work():
        await BREATH
        return 42

    assert scheduler.call(work) == 42


def test_what_a_coroutine_raises_reaches_the_caller(scheduler):
    async def work():
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        scheduler.call(work)


def test_only_the_first_arrival_settles_a_promise():
    promise = Promise()
    promise.resolve(1)
    promise.resolve(2)
    promise.fail(ValueError())
    assert promise.result() == 1


def test_strands_take_turns_when_they_breathe(scheduler):
    order = []

    async def work(name):
        for step in range(2):
            order.append((name, step))
            await BREATH

    async def both():
        await run_all(scheduler, iter([lambda: work("a"), lambda: work("b")]), 2)

    scheduler.call(both)
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_no_more_strands_run_at_a_time_than_allowed(scheduler):
    running, most = 0, 0

    async def work():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await BREATH
        running -= 1

    async def all_of_them():
        await run_all(scheduler, (work for _ in range(20)), 3)

    scheduler.call(all_of_them)
    assert most == 3


def test_the_first_failure_cancels_the_others(scheduler):
    cancelled = []

    async def patient():
        try:
            await Promise()
        except CancelledError:
            cancelled.append("patient")
            raise

    async def failing():
        raise ValueError("first")

    async def both():
        await run_all(scheduler, iter([patient, failing]), 2)

    with pytest.raises(ValueError, match="first"):
        scheduler.call(both)
    assert cancelled == ["patient"]


def test_ten_thousand_strands_wait_without_a_thread_each(scheduler):
    before = threading.active_count()
    gate = Promise()
    arrived = 0

    async def wait():
        nonlocal arrived
        await gate
        arrived += 1

    async def all_of_them():
        await run_all(scheduler, (wait for _ in range(10_000)), 10_000)

    done = threading.Thread(target=lambda: scheduler.call(all_of_them))
    done.start()
    assert threading.active_count() <= before + 1
    scheduler.post(lambda: gate.resolve(None))
    done.join(30)
    assert arrived == 10_000


def test_workers_run_blocking_calls_side_by_side(scheduler):
    workers = Workers(scheduler)
    barrier = threading.Barrier(8, timeout=10)

    async def one():
        await workers.submit(barrier.wait)

    async def all_of_them():
        await run_all(scheduler, (one for _ in range(8)), 8)

    scheduler.call(all_of_them)
    workers.close()


def test_what_a_worker_raises_is_raised_where_it_is_awaited(scheduler):
    workers = Workers(scheduler)

    async def one():
        await workers.submit(lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        scheduler.call(one)
    workers.close()


def test_who_waits_for_a_result_is_told_when_the_scheduler_closes():
    scheduler = Scheduler()
    waiting = threading.Event()
    failures = []

    async def forever():
        waiting.set()
        await Promise()

    def call():
        try:
            scheduler.call(forever)
        except RuntimeError as error:
            failures.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    assert waiting.wait(10)
    scheduler.close()
    thread.join(10)
    assert failures == ["the scheduler is closed"]
    with pytest.raises(RuntimeError, match="closed"):
        scheduler.call(lambda: 1)
