"""Whom load and prober believe to be the system: one rule for both. It makes the context; nobody connects in here."""

import ssl


def context(ca: str = "", *, insecure: bool = False) -> ssl.SSLContext:
    """Return what verifies the system's certificate: by the machine's authorities, or by those in the file ``ca``.

    ``insecure`` believes any.
    """
    made = ssl.create_default_context(cafile=ca or None)
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
