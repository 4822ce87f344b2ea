"""What holds for all tests.

Bytecode is kept: the tests start hundreds of processes, and each would compile all that it imports anew. No test fails
because the machine is busy: Hypothesis takes the time that it needs.
"""

import os
import sys

from hypothesis import HealthCheck, settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("squall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("squall")
