"""``the secret "password" of "api" is rotated``: a new password at both of its ends, and a restart by turns."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.faults.fault import Reversal


@dataclass(frozen=True, slots=True)
class SecretRotated(ByApi):
    """A password by which a service logs in to a database becomes another, and its instances are restarted by turns.

    It is called by its key in the Secret; ``stores`` in system.yaml must say of one disposable PostgreSQL database that
    it is the application's. The effect is read at both ends: the server refuses the password before and takes the new
    one, and an instance that was started anew has logged in. Where the server asks for no password nothing is harmed.
    Both values are kept in the cluster alone, in a Secret of squall's own namespace, until the password is set back.
    """

    secret: str = ""
    reversal: ClassVar[Reversal] = Reversal.RESTORABLE

    def describe(self) -> str:
        return f"the secret {self.secret} of {self.service} rotated{self.until()}"
