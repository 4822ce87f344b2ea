"""A harness that brings the tiny system up and waits to be killed: ``python -m ... FOLDER``."""

import sys
import time
from pathlib import Path

from squall.platforms.processes.platform import LocalPlatform
from squall.process.identity import claim_folder
from squall.safety.undo_log import UndoLog
from tests.platforms.tiny_system import tiny


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    claim_folder(folder)
    on, log = LocalPlatform(tiny()), UndoLog(folder / "undo.jsonl")
    for undo in on.plan_deploy(folder.name):
        log.open(undo)
    on.deploy((), lambda text: None)
    log.open(on.claim_run(folder.name))
    sys.stdout.write("up\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
