"""``python -m ...launch SPEC``: what supervisord starts. It becomes the command of the spec, with the same number.

So neither quoting nor users are a matter of supervisord's configuration. Standard library only.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from squall.platforms.processes.revision import write_down as note
from squall.platforms.processes.spec import Spec
from squall.platforms.this_machine.instance_folder import InstanceFolder, open_to_others
from squall.writing.redact import names_secret

NOBODY = "nobody"


def main(words: Sequence[str]) -> None:
    """Prepare what was never prepared, and become the command; this never returns."""
    spec = Spec.read(Path(words[0]))
    user = pwd.getpwnam(NOBODY) if spec.unprivileged and os.geteuid() == 0 else None
    if user is not None:
        spec = _within_reach(spec)
    if spec.data is not None:
        _prepare(spec, Path(spec.data), user)
    if spec.revision:
        note(InstanceFolder(Path(words[0]).parents[1]), Path(words[0]).stem, spec.revision)
    os.chdir(spec.folder)
    for name in [name for name in os.environ if names_secret(name)]:
        # What the system needs of the kind, its file says; the rest is whoever's runs squall.
        del os.environ[name]
    os.environ.update(spec.environment)
    if user is not None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.execvp(spec.command[0], list(spec.command))  # noqa: S606 - no shell is wanted


def _prepare(spec: Spec, data: Path, user: pwd.struct_passwd | None) -> None:
    prepared = data.with_name(f"{data.name}.prepared")
    if prepared.exists():
        return
    # What was begun and not ended is of no use.
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    data.chmod(0o700)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
    for each in spec.before:
        with open(each.stdin or os.devnull, "rb") as stdin:  # noqa: PTH123 - a plain name, and no pathlib
            groups: list[int] | None = None if user is None else []
            subprocess.run(
                each.command, stdin=stdin, cwd=spec.folder, check=True,
                user=user and user.pw_uid, group=user and user.pw_gid, extra_groups=groups,
            )  # fmt: skip
    prepared.touch()


def _within_reach(spec: Spec) -> Spec:
    """Return the spec with programs that others than root can run: copies, if the wheel is where only root can go."""
    if spec.data is None or all(open_to_others(Path(each[0])) for each in _commands(spec)):
        return spec
    packages = Path(spec.packages)
    copies = Path(spec.data).with_name("programs")
    if not copies.exists():
        # A wheel's own libraries are in a folder beside its package, and are found from there.
        for package in packages.glob(f"{Path(spec.command[0]).relative_to(packages).parts[0]}*"):
            shutil.copytree(package, copies / package.name, symlinks=True)
    return spec.moved(str(packages), str(copies))


def _commands(spec: Spec) -> list[Sequence[str]]:
    return [spec.command, *(each.command for each in spec.before)]


if __name__ == "__main__":
    main(sys.argv[1:])
