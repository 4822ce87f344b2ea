"""How many are harmed, as sentences say it."""

from squall.instances import Share


def several(count: int) -> Share:
    """Return a count of one or more. Raises ValueError: nobody would be harmed."""
    if count < 1:
        raise ValueError('nobody would be harmed; write "nothing is harmed for 30s" if that is meant')
    return Share(count)
