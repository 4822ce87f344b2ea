"""``python -m tests.fuzz.one READER FOLDER [LIBFUZZER OPTION]...``: gives one reader ever new bytes, by atheris.

New inputs that reach further are put into FOLDER; one that is a fault is kept where ``-artifact_prefix`` says.
"""

import sys
from importlib import import_module

# It is no part of what squall is installed with: make fuzz installs it.
atheris = import_module("atheris")

with atheris.instrument_imports(include=["squall"]):
    from tests.fuzz.readers import READERS


def main(words: list[str]) -> None:
    """Fuzz until the options say that it is enough, or a fault is found."""
    atheris.Setup([words[0], *words[2:]], READERS[words[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
