"""A certificate for 127.0.0.1 that nobody trusts until told to."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Tls:
    server: ssl.SSLContext
    certificate: Path
    monkeypatch: pytest.MonkeyPatch

    def trust(self) -> None:
        """Let processes that are started from now on trust it."""
        self.monkeypatch.setenv("SSL_CERT_FILE", str(self.certificate))


def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    """Make one."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Tls(context, certificate, monkeypatch)
