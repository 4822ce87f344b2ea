import pytest

from squall.load.run_header import NAME, run_header


@pytest.mark.parametrize(
    ("run", "value"),
    [("20261121T100000-a-pod", "20261121T100000-a-pod"), ("a\r\nb: c", "a-b:-c"), ("é x", "-x")],
)
def test_a_run_s_name_cannot_end_the_header(run: str, value: str) -> None:
    assert run_header(run) == {NAME: value}


def test_without_a_run_there_is_none() -> None:
    assert run_header("") == {}
