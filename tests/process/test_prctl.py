import subprocess
import sys

READS = """
import ctypes, resource
from squall.process.prctl import keep_memory_private
keep_memory_private()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_what_a_process_holds_is_in_no_dump_and_not_to_be_read() -> None:
    done = subprocess.run([sys.executable, "-c", READS], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "0", "0"]
