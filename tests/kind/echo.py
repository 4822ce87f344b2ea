"""A small system of the tests' own on the real cluster: two pods that answer, in a namespace and at a port to name."""

from pathlib import Path

import yaml

from squall.system.system import System

SOURCE = Path(__file__).parents[1] / "platforms" / "echo_system"


def project(folder: Path, namespace: str, port: int) -> Path:
    """Write a project with the system ``echo`` into a folder; run commands there."""
    scenario = folder / "scenarios" / "echo"
    for file in SOURCE.rglob("*.yaml"):
        text = file.read_text().replace("squall-test", namespace).replace("30085", str(port))
        place = scenario / file.relative_to(SOURCE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    file = scenario / "system.yaml"
    said = yaml.safe_load(file.read_text())
    # On kubernetes it is there already.
    cluster = said["platforms"]["kind"]
    said["platforms"]["kubernetes"] = {key: cluster[key] for key in ("namespace", "url", "ready_within", "services")}
    file.write_text(yaml.safe_dump(said, sort_keys=False))
    return folder


def system(folder: Path) -> System:
    return System.read(folder / "scenarios" / "echo" / "system.yaml")
