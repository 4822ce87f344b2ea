"""Lets bytecode be kept: the tests start hundreds of processes, and each would compile all that it imports anew."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
