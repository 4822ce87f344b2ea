"""A simulated system in virtual time, to test scenarios, faults and claims: minutes take milliseconds."""

from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness

__all__ = ["SimulatedPlatform", "SimulatedTraffic", "VirtualClock", "Weakness"]
