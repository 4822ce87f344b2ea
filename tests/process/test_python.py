"""A project may have a file named as a module of the standard library: squall's own processes do not import it."""

import ast
import subprocess
from pathlib import Path

import squall
from squall.process.python import module_command

PACKAGE = Path(squall.__file__).parent
# The load imports what is in the project: its locustfile.
OF_THE_PROJECT = {"squall.load"}


def test_what_is_in_the_current_folder_is_not_imported(tmp_path: Path) -> None:
    for name in ("secrets", "signal", "subprocess", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the current folder')")
    words = module_command("squall.process.bound_command", tmp_path / "log", "true")
    # It ends the command when its standard input closes.
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.wait() == 0


def test_no_process_of_squalls_own_is_started_otherwise() -> None:
    """Each list that has sys.executable and \"-m\" in it is the one of ``module_command``, but for the load's."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            words = [ast.unparse(each) for each in node.elts] if isinstance(node, ast.List) else []
            if "sys.executable" in words and "'-m'" in words and "'-P'" not in words:
                found.add(words[words.index("'-m'") + 1].strip("'"))
    assert found == OF_THE_PROJECT
