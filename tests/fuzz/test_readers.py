"""Any bytes are read or refused: the corpus whole, and what hypothesis makes of it, for some seconds each.

``make fuzz`` does so for as long as one likes.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, corpus

KEPT = [pytest.param(name, path, id=f"{name}-{path.name}") for name in READERS for path in corpus(name)]
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [b"NaN", b"Infinity", b"1e999", b"null", b"{}", b"[" * 300, b'"', b"\n", b"\0" * 8, b"-1", b"\xff"]
    ),
)


def test_every_reader_has_an_input_to_begin_with() -> None:
    assert all(map(corpus, READERS))


@pytest.mark.parametrize(("name", "path"), KEPT)
def test_what_is_kept_is_read_or_refused(name: str, path: Path) -> None:
    READERS[name](path.read_bytes())


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_change_of_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    kept = data.draw(st.sampled_from(corpus(name))).read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(kept)))
        cut = data.draw(st.integers(0, min(40, len(kept) - at)))
        kept = kept[:at] + data.draw(PIECES) + kept[at + cut :]
    READERS[name](kept)
