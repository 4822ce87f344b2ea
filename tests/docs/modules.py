"""Examples of Python as modules: written where they say they belong, imported, and forgotten again."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Self

import squall.claims
import squall.faults
import squall.platforms
from squall.claims.registry import claims
from squall.faults.registry import faults
from squall.safety import undo_log as undo
from squall.steps.sentence import VOCABULARY
from squall.steps.vocabulary import modules
from tests.docs.blocks import ROOT, Block

PACKAGES = {"squall/claims": squall.claims, "squall/faults": squall.faults, "squall/platforms": squall.platforms}


class Modules:
    """A folder whose modules seem to stand in squall's packages for a while."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "written"
        self._folder.mkdir()
        self._added: list[str] = []

    def __enter__(self) -> Self:
        modules()  # what squall itself registers while it is imported is not the examples' and is not forgotten
        self._sentences, self._undos = dict(VOCABULARY), dict(undo._REGISTERED)
        for place, package in PACKAGES.items():
            (self._folder / place).mkdir(parents=True)
            package.__path__.append(str(self._folder / place))
        claims.cache_clear()
        faults.cache_clear()
        return self

    def __exit__(self, *error: object) -> None:
        for place, package in PACKAGES.items():
            package.__path__.remove(str(self._folder / place))
        for name in self._added:
            parent, _, last = name.rpartition(".")
            sys.modules.pop(name, None)
            if parent in sys.modules and hasattr(sys.modules[parent], last):
                delattr(sys.modules[parent], last)
        for sentence in VOCABULARY.keys() - self._sentences.keys():
            del VOCABULARY[sentence]
        for kind in undo._REGISTERED.keys() - self._undos.keys():
            del undo._REGISTERED[kind]
        claims.cache_clear()
        faults.cache_clear()

    def add(self, block: Block) -> ModuleType:
        """Import a block under the name of its file; one that adds to a file of squall's has a name of its own."""
        name = block.file.removesuffix(".py").replace("/", ".")
        if block.file.rpartition("/")[0] not in PACKAGES or (ROOT / block.file).exists():
            return self.load(f"example_{name.replace('.', '_')}", block.text)
        (self._folder / block.file).write_text(block.text)
        importlib.invalidate_caches()
        self._added.append(name)
        return importlib.import_module(name)

    def load(self, name: str, text: str) -> ModuleType:
        """Import a text as a module of that name."""
        path = self._folder / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
