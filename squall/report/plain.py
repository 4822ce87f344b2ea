"""Texts as a terminal may be given them: what comes from a system under test, or from a cluster, steers nothing."""


def plain(text: str, keep: str = "\n\t") -> str:
    r"""Return a text in which all that is not printable, and not in ``keep``, is shown as its escape (``\x1b``).

    That is escape sequences of terminals (clipboard, title, cursor), NULs, and marks that turn the writing's direction.
    """
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def in_one_line(text: str) -> str:
    """Return a text as plain text of one line: no line in it can be taken for one of squall's."""
    return plain(text, keep="")


def blanked(text: str) -> str:
    """Return a text with a blank for each character that is not printable, a line's end included."""
    return "".join(c if c.isprintable() else " " for c in text)
