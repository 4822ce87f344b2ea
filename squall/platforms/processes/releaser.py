"""``python -m ...releaser FOLDER SERVICE``: the deploy tool of the platform local, as a team would have one.

It brings the version out that lies ready, instance by instance behind Envoy, health first: the next is not touched
before the last one is sent requests. One that does not get ready in time makes it put the version before back.
Nothing more. It ends with the harness, and squall does nothing but call it.
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from squall.clock import SYSTEM
from squall.errors import HarnessFailed
from squall.platforms.processes.rollout import Rolling, Rollout
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.parent import Parent


def main(words: Sequence[str]) -> int:
    """Release; exit code 1: rolled back, 2: it could not do its work."""
    parent, state = Parent(), InstanceFolder(Path(words[0]))
    threading.Thread(target=_end_with_the_harness, daemon=True).start()
    if (rollout := Rollout.read(state, words[1])) is None:
        parent.refuse(f"there is no version of {words[1]} to be released")
    rolling = Rolling(state, rollout, SYSTEM, lambda text: parent.say("step", {"text": text}))
    try:
        code = _release(rolling, rollout)
    except HarnessFailed as error:
        parent.say("step", {"text": f"given up: {error}"})
        return 2
    finally:
        rolling.close()
    parent.say("step", {"text": f"version {rollout.after if code == 0 else rollout.before} is out"})
    return code


def _release(rolling: Rolling, rollout: Rollout) -> int:
    names = list(rollout.ports)
    failed = rolling.bring(names, rollout.after, rollout.within if rollout.awaits_health else None)
    if failed is None:
        return 0
    # The one that failed first: it serves nobody as it is.
    if rolling.bring(names[names.index(failed) :: -1], rollout.before, rollout.within) is not None:
        raise HarnessFailed(f"version {rollout.before} does not get ready either")
    return 1


def _end_with_the_harness() -> None:
    while os.read(0, 4096):
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
