"""Virtual time: it jumps, it never waits, it stalls loudly."""

from __future__ import annotations

import asyncio
import time

import pytest

from router.testing.loop import EPOCH_MS, SeededEntropy, StalledError, VirtualClock, run


def test_a_day_passes_at_once() -> None:
    async def main() -> tuple[float, int]:
        clock = VirtualClock()
        await asyncio.sleep(86_400)
        return clock.monotonic_s(), clock.now_ms()

    started = time.monotonic()
    seconds, now_ms = run(main())
    assert time.monotonic() - started < 5
    assert seconds == pytest.approx(86_400)
    assert now_ms == EPOCH_MS + 86_400_000


def test_timers_fire_in_order_of_time() -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        async def note(name: str, delay_s: float) -> None:
            await asyncio.sleep(delay_s)
            seen.append(name)

        async with asyncio.TaskGroup() as group:
            for name, delay_s in (("c", 30.0), ("a", 0.001), ("b", 29.999)):
                group.create_task(note(name, delay_s))
        return seen

    assert run(main()) == ["a", "b", "c"]


def test_a_program_that_waits_for_ever_is_reported() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StalledError, match="no timer"):
        run(main())


def test_threads_run_in_place() -> None:
    async def main() -> tuple[int, bool]:
        value = await asyncio.to_thread(lambda: 7)
        try:
            await asyncio.to_thread(lambda: 1 / 0)
        except ZeroDivisionError:
            return value, True
        return value, False

    assert run(main()) == (7, True)


def test_the_same_seed_gives_the_same_chance() -> None:
    one, two = SeededEntropy(7), SeededEntropy(7)
    assert [one.uniform(), one.octets(10)] == [two.uniform(), two.octets(10)]
    assert SeededEntropy(8).octets(10) != SeededEntropy(9).octets(10)


def test_the_calendar_can_jump_while_the_monotonic_clock_does_not() -> None:
    async def main() -> tuple[int, float]:
        clock = VirtualClock()
        before_ms, before_s = clock.now_ms(), clock.monotonic_s()
        clock.epoch_ms -= 3_600_000
        return clock.now_ms() - before_ms, clock.monotonic_s() - before_s

    assert run(main()) == (-3_600_000, 0.0)
