"""``a configuration of "api" that names no database is put in place for 30s``: changed keys, and a restart by turns."""

from dataclasses import dataclass

from squall.faults.by_api import ByApi


@dataclass(frozen=True, slots=True)
class Configuration(ByApi):
    """A configuration that system.yaml names is put in place for a time, and the service's pods are restarted by turns.

    Keys of the ConfigMap that the workload reads get other values. The effect is a pod that was started with them, and
    what became of it. Taken back by the values that were there, before the workload gets its old template, and with it
    its old pods. A configuration that is in place already is not harmed.
    """

    configuration: str = ""

    def describe(self) -> str:
        return f"a configuration of {self.service} that {self.configuration}{self.until()}"
