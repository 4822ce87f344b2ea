from squall.agent.service.lease import AgentLease


class FakeTime:
    def __init__(self) -> None:
        self.t = 100.0

    def __call__(self) -> float:
        return self.t


def test_a_lease_runs_out_unless_renewed() -> None:
    now = FakeTime()
    lease = AgentLease(15.0, now)
    now.t += 14
    assert lease.left == 1
    lease.renew()
    now.t += 14
    assert lease.left == 1
    now.t += 1
    assert lease.left <= 0
