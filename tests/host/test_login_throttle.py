from fakegpt_tui.host.client_address import LoginThrottle


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = Clock()
    throttle = LoginThrottle(burst=3, seconds_each=10, clock=clock)
    assert [throttle.acquire() for _ in range(3)] == [0, 0, 0]
    assert throttle.acquire() == 10
    clock.seconds = 9
    assert throttle.acquire() == 1
    clock.seconds = 10
    assert throttle.acquire() == 0
    assert throttle.acquire() == 10


def test_asking_too_early_costs_nothing() -> None:
    clock = Clock()
    throttle = LoginThrottle(burst=1, seconds_each=10, clock=clock)
    throttle.acquire()
    for _ in range(100):
        assert throttle.acquire() == 10
    clock.seconds = 10
    assert throttle.acquire() == 0


def test_rest_does_not_add_up_past_the_burst() -> None:
    clock = Clock()
    throttle = LoginThrottle(burst=2, seconds_each=1, clock=clock)
    throttle.acquire()
    clock.seconds = 1_000
    assert [throttle.acquire() for _ in range(3)] == [0, 0, 1]
