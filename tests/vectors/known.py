"""All known runs. Each is one of a kind; the names of known cases (2b, K1, ...) stand in front of theirs."""

from tests.vectors.cases import CASES
from tests.vectors.evidence import EVIDENCE, MACHINE
from tests.vectors.healing import ENDS, HEALING, OBJECTIVES
from tests.vectors.identity import IDENTITY
from tests.vectors.users import INSIDE, LATENCIES, OUTAGES, SHARES

VECTORS = [*OUTAGES, *INSIDE, *SHARES, *LATENCIES, *HEALING, *ENDS, *EVIDENCE, *MACHINE, *OBJECTIVES, *CASES, *IDENTITY]
