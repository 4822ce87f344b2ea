"""A harness that brings the tiny system up as containers and waits to be killed: ``python -m ... FOLDER``."""

import sys
import time
from pathlib import Path

from squall.platforms.containers.platform import ComposePlatform
from squall.process.identity import claim_folder
from squall.safety.undo_log import UndoLog
from tests.platforms.docker_system import tiny


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    claim_folder(folder)
    on, log = ComposePlatform(tiny()), UndoLog(folder / "undo.jsonl")
    log.open(on.claim_run(folder.name))
    for undo in on.plan_deploy(folder.name):
        log.open(undo)
    sys.stdout.write("planned\n")
    sys.stdout.flush()
    on.deploy((), lambda text: None)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
