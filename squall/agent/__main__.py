"""``python -m squall.agent``, or ``python -I -S FOLDER`` where FOLDER holds this file and the package ``squall``."""

import sys

from squall.agent.command import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
