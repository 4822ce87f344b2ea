"""The command: ``python -m specimen``. It takes no arguments; the environment says what it is."""

import logging
import os
import socket
import sys
from pathlib import Path

from specimen.server import serve
from specimen.settings import BadSettings, Settings


def locked(file: Path) -> bool:
    """Make the file that says that an instance runs; False: it is there already."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def main() -> int:
    """Run it; 2 means that the configuration was refused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)
    try:
        settings = Settings.read({"SPECIMEN_INSTANCE": socket.gethostname(), **os.environ})
    except BadSettings as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that a person must see
        return 2
    if settings.lock_file and not locked(Path(settings.lock_file)):
        print(f"{settings.lock_file} is there: an instance runs already", file=sys.stderr)  # noqa: T201 - as above
        return 1
    serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
