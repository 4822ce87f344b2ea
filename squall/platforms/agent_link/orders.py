"""Harms by agents: which order went to which agent for which instance, and what came of it on the harness's clock."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.clock import Clock
from squall.errors import HarnessFailed, SquallError
from squall.instances import Ended, Ending, Evidence, Instance
from squall.interval import Interval
from squall.platforms.agent_link.stream import AgentStream, Answer
from squall.record.calls import CallCounts, SecondOfCalls

# An agent ends by itself 15 s after the last word.
RENEW_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class AgentTarget:
    """An instance, the agent that reaches it (by a name of the platform's) and how that agent finds it."""

    instance: Instance
    agent: str
    target: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class _Ordered:
    """An active order: its agent, its number, and the instance's place in it."""

    agent: str
    seq: int
    index: int


class AgentOrders:
    """The streams to a run's agents, by a name of the platform's; their leases are renewed until ``close``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._streams: dict[str, AgentStream] = {}
        self._ordered: dict[tuple[str, str], _Ordered] = {}
        # Up to which second of its agent's clock the calls to each were read.
        self._read: dict[tuple[str, str], int] = {}
        self._stopping = threading.Event()
        self._renewing: threading.Thread | None = None

    def __contains__(self, agent: str) -> bool:
        return agent in self._streams

    def add(self, agent: str, stream: AgentStream) -> None:
        """Greet an agent and keep it, in the place of one that was there before."""
        stream.hello()
        if (before := self._streams.get(agent)) is not None:
            before.close()
        self._streams[agent] = stream
        if self._renewing is None:
            self._renewing = threading.Thread(target=self._renew, name="agents", daemon=True)
            self._renewing.start()

    def harm(self, name: str, aims: Sequence[AgentTarget], order: Mapping[str, Json]) -> Sequence[Evidence]:
        """Order all agents before any answer is waited for; an instance that none harmed is not proven."""
        before, evidence = self._clock.now(), dict[str, Evidence]()
        groups = {agent: [aim for aim in aims if aim.agent == agent] for agent in sorted({a.agent for a in aims})}
        sent = {agent: self._sent(name, agent, group, order) for agent, group in groups.items()}
        for agent, group in groups.items():
            answer = self._heard(agent, sent[agent])
            for index, aim in enumerate(group):
                evidence[aim.instance.name] = self._evidence(aim, answer, index, before)
        return [evidence[aim.instance.name] for aim in aims]

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        """End what ``harm`` ordered under that name. Raises HarnessFailed if an agent does not answer."""
        orders = [self._ordered[name, instance.name] for instance in instances]
        numbers = {(each.agent, each.seq) for each in orders}
        posted = {key: self._streams[key[0]].post("end", of=key[1]) for key in sorted(numbers)}
        before = self._clock.now()
        answers = {key: self._streams[key[0]].answer(seq) for key, seq in posted.items()}
        return [
            self._ending(instance, each, answers[each.agent, each.seq], before)
            for instance, each in zip(instances, orders, strict=True)
        ]

    def passed(self, name: str, instance: Instance) -> CallCounts | None:
        """Return what passed where that order watches since it was last asked; the first time it only notes when."""
        order = self._ordered[name, instance.name]
        stream, since = self._streams[order.agent], self._read.get((name, instance.name))
        answer = stream.ask("seconds", of=order.seq, since=since or 0)
        if "refused" in answer:
            raise HarnessFailed(f"reading the calls to {instance.name}: {answer['refused']}")
        self._read[name, instance.name] = until = int(answer["until"])
        if since is None:
            return None
        seen = [each for each in answer["targets"][order.index]["seconds"] if since <= int(each["at"]) < until]
        here = stream.here(float(since))
        ahead = (here.low + here.high) / 2 - since
        seconds = tuple(SecondOfCalls(**{**each, "at": each["at"] + ahead}) for each in seen)
        return CallCounts(since + ahead, until + ahead, seconds)

    def close(self) -> None:
        """Close the streams; the agents end by the undo, or by their lease."""
        self._stopping.set()
        for stream in self._streams.values():
            stream.close()
        if self._renewing is not None:
            self._renewing.join()
        self._streams.clear()

    def _sent(self, name: str, agent: str, group: Sequence[AgentTarget], order: Mapping[str, Json]) -> int | None:
        if (stream := self._streams.get(agent)) is None:
            return None
        seq = stream.post(name, targets=[dict(aim.target) for aim in group], **order)
        for index, aim in enumerate(group):
            self._ordered[name, aim.instance.name] = _Ordered(agent, seq, index)
        return seq

    def _heard(self, agent: str, seq: int | None) -> Answer:
        if seq is None:
            return {"refused": f"no agent is held on {agent}"}
        try:
            return self._streams[agent].answer(seq)
        except HarnessFailed as error:
            return {"refused": str(error)}

    def _evidence(self, aim: AgentTarget, answer: Answer, index: int, before: float) -> Evidence:
        who, now = aim.instance.name, self._clock.now()
        if "refused" in answer:
            return Evidence(who, False, f"not harmed: {answer['refused']}", Interval(before, now))
        said = answer["targets"][index]
        onset = self._between(aim.agent, said, before, now)
        return Evidence(who, bool(said["proven"]), f"{said['how']} on {aim.instance.node}", onset)

    def _ending(self, instance: Instance, order: _Ordered, answer: Answer, before: float) -> Ending:
        if "refused" in answer:
            raise HarnessFailed(f"ending the harm at {instance.name}: {answer['refused']}")
        if "released" in answer:
            how = f"the agent on {instance.node} ended before the harm did, and its successor: {answer['released']}"
            return Ending(instance.name, Ended.BY_OTHERS, how, Interval(before, self._clock.now()))
        said = answer["targets"][order.index]
        when = self._between(order.agent, said, before, self._clock.now())
        how, harmed = f"{said['how']} on {instance.node}", said.get("harmed")
        return Ending(instance.name, Ended(said["ending"]), how, when, harmed)

    def _between(self, agent: str, said: Answer, before: float, now: float) -> Interval:
        """Return the moments that an agent names on our clock; what it does not name is bounded by ours."""
        here: Callable[[float], Interval] = self._streams[agent].here
        low = before if said["sent"] is None else here(said["sent"]).low
        high = now if said["seen"] is None else here(said["seen"]).high
        return Interval(min(low, high), high)

    def _renew(self) -> None:
        while not self._stopping.wait(RENEW_EVERY):
            for stream in list(self._streams.values()):
                try:
                    stream.ask("ping", within=RENEW_EVERY)
                except SquallError:
                    # The next order opens the stream anew; if none gets through, the harm is not proven.
                    continue
