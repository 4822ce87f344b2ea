"""The command line: `python3 -m cluster up | down | status | images | compose | alertmanager | actionlint`."""

import argparse
import sys

from cluster import compose, programs
from cluster.app_images import build_and_load
from cluster.cache import Cache
from cluster.errors import Broken, Unusable
from cluster.status import show
from cluster.up import down, up

COMMANDS = {
    "up": (up, "make the cluster ready, doing only what is missing"),
    "down": (down, "remove the cluster; what was built stays in the cache"),
    "status": (show, "say what is there, on one screen"),
    "images": (build_and_load, "build the project's images and load them into the nodes"),
    "compose": (compose.obtain, "have Docker Compose for the platform compose, building it if there is none"),
    "actionlint": (programs.actionlint, "build the linter of GitHub workflows"),
    "alertmanager": (programs.alertmanager, "build the Alertmanager in which tests have alerts silenced"),
}
CHANGES_NOTHING = {"status"}
UNUSABLE, BROKEN, INTERRUPTED = 4, 1, 130


def main(words: list[str]) -> int:
    """Run one command; 4 says that the user must mend something, 1 that a step failed."""
    parser = argparse.ArgumentParser(prog="python3 -m cluster", description="A local Kubernetes cluster to fault.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text)
    chosen = parser.parse_args(words).command
    try:
        _run(chosen, Cache.of_user())
    except Unusable as unusable:
        print(f"cluster {chosen}: {unusable}", file=sys.stderr)
        return UNUSABLE
    except Broken as broken:
        print(f"cluster {chosen}: {broken}", file=sys.stderr)
        return BROKEN
    except KeyboardInterrupt:
        print(f"cluster {chosen}: interrupted; the next `up` goes on from what is finished", file=sys.stderr)
        return INTERRUPTED
    return 0


def _run(chosen: str, cache: Cache) -> None:
    command = COMMANDS[chosen][0]
    if chosen in CHANGES_NOTHING:
        command(cache)
        return
    with cache.locked():
        command(cache)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
