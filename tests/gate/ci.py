"""Jobs of CI as a runner carries them out: shell steps with their environment, one after the other, and conditions.

What a step calls besides squall (pip, docker, kind, npx, apt-get) is a program that writes down how it was called.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.commands.projects import ROOT, WITHOUT

STRANGERS = ("pip", "docker", "kind", "npx", "apt-get", "dockerd", "curl", "chmod")
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# squall on runs that are there: what it comes to when it runs them is tried elsewhere.
_SQUALL = """#!/bin/bash
echo "squall $*" >>"$CALLED"
test "$1" != gate || set -- "$@" --tag "${TAGS:-not twin}" --stored "$STORED"
exec "$PYTHON" -P -m squall "$@"
"""


@dataclass
class Runner:
    """Where a job runs, and what became of it: ``code`` is the first step's that failed, 0 if none did."""

    project: Path
    stored: str
    expressions: Mapping[str, str] = field(default_factory=dict)
    tags: str = "not twin"
    code: int = 0
    output: str = ""

    def __post_init__(self) -> None:
        self.programs = self.project / ".programs"
        self.programs.mkdir()
        self.called, self.outputs = self.project / ".called", self.project / ".outputs"
        self.summary = self.project / ".summary"
        for name in STRANGERS:
            self.program(name, '#!/bin/bash\necho "${0##*/} $*" >>"$CALLED"\n')
        self.program("squall", _SQUALL)

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def calls(self, of: str) -> list[str]:
        lines = self.called.read_text().splitlines() if self.called.exists() else []
        # squall doctor asks for it.
        return [line for line in lines if line.split()[0] == of and line != "kind version"]

    def shell(self, script: str, more: Mapping[str, str] | None = None) -> int:
        """Run a script of bash as both CIs do: it ends with the first command that fails."""
        environment = {
            **os.environ, **WITHOUT, "PATH": f"{self.programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "CALLED": str(self.called), "STORED": self.stored,
            "TAGS": self.tags, "GITHUB_OUTPUT": str(self.outputs), "GITHUB_STEP_SUMMARY": str(self.summary),
            "NO_COLOR": "1", **(more or {}),
        }  # fmt: skip
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "DOCKER_HOST"):
            environment.pop(name, None)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=self.project, env=environment,
            capture_output=True, text=True, check=False, timeout=250,
        )  # fmt: skip
        self.output += done.stdout + done.stderr
        return done.returncode

    def github(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Run the steps that are shell, as far as their conditions let them; actions of others are passed over."""
        for step in steps:
            if "run" not in step or not self._meant(str(step.get("if", "success()"))):
                continue
            environment = {name: self.filled(str(value)) for name, value in step.get("env", {}).items()}
            assert "${{" not in step["run"], "an expression in a script is code that others may write"
            code = self.shell(step["run"], environment)
            self.code = self.code or code

    def filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        if name.startswith("steps.gate.outputs."):
            told = self.outputs.read_text().splitlines() if self.outputs.exists() else []
            values = dict(line.split("=", 1) for line in told)
            return values.get(name.removeprefix("steps.gate.outputs."), "")
        return self.expressions[name]

    def _meant(self, condition: str) -> bool:
        parts = condition.split(" && ")
        here = [part for part in parts if part not in {"always()", "success()"}]
        return ("always()" in parts or self.code == 0) and all(self._is_so(part) for part in here)

    def _is_so(self, part: str) -> bool:
        left, equals, right = part.partition(" == ")
        assert equals, f"no test knows the condition {part!r}"
        return self._value(left) == (right.strip("'") if right.startswith("'") else self._value(right))
