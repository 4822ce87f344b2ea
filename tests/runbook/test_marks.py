"""What is read of a runbook: its marks, and what its commands name. None of it is run."""

from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.runbook.marks import MarkedLine, NamedObject, named, read_runbook

BOOK = """\
# Runbook of the shop

- A crashed pod is back within 30 seconds. <!-- squall: Q2 -->

<!-- squall: Q5, Q6 objectives.success -->

99% of requests succeed.

| what | limit |
|---|---|
| p95 | 200 ms <!-- squall: Q7 --> |

```console
$ kubectl -n shop rollout restart deployment/api
$ kubectl get pods -n shop -l app=api | grep Running
# not a mark: <!-- squall: Q9 -->
$ kubectl scale deploy api \\
    --replicas=5 -n shop
```

```python
kubectl get deployment nowhere
```
"""


def book(folder: Path, text: str) -> Path:
    file = folder / "runbook.md"
    file.write_text(text)
    return file


def test_a_mark_is_about_its_line_or_the_next_that_says_something(tmp_path: Path) -> None:
    read = read_runbook(book(tmp_path, BOOK))
    assert read.marked == [
        MarkedLine(3, ["Q2"], [], "- A crashed pod is back within 30 seconds."),
        MarkedLine(7, ["Q5", "Q6"], ["objectives.success"], "99% of requests succeed."),
        MarkedLine(11, ["Q7"], [], "| p95 | 200 ms  |"),
    ]


def test_commands_are_read_from_fences_of_shells_alone(tmp_path: Path) -> None:
    read = read_runbook(book(tmp_path, BOOK))
    assert [(each.line, str(each)) for each in read.named] == [
        (14, "namespace shop"), (14, "deployment api in shop"),
        (15, "namespace shop"), (15, "pods with app=api in shop"),
        (17, "namespace shop"), (17, "deployment api in shop"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("<!-- squall: -->", "it names no promise"),
        ("<!-- squall: objectives.success -->", "it names no promise"),
        ("<!-- squall: Q5 5s! -->", "'5s!' is neither a promise nor a key"),
        ("<!-- squall: Q5 .success -->", "'.success' is neither a promise nor a key"),
    ],
)  # fmt: skip
def test_a_mark_of_no_meaning_is_one_line_with_its_place(mark: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse) as refused:
        read_runbook(book(tmp_path, f"# Title\n\nsay {mark}\n"))
    assert str(refused.value).startswith(f"{tmp_path}/runbook.md:3: a mark of no meaning: {said}")


def test_a_mark_that_nothing_follows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"runbook\.md:3: behind this mark there is no line"):
        read_runbook(book(tmp_path, "# Title\n\n<!-- squall: Q5 -->\n"))


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "runbook.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misuse, match=r"reading .*runbook\.md"):
        read_runbook(tmp_path / "runbook.md")
    with pytest.raises(Misuse, match="No such file"):
        read_runbook(tmp_path / "none.md")


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("kubectl get deploy,svc", []),
        ("kubectl rollout undo deployment/api --to-revision=2 --namespace=a", ["namespace a", "deployment api in a"]),
        ("kubectl describe statefulset db", ["statefulset db"]),
        ("kubectl drain worker2 --ignore-daemonsets", ["node worker2"]),
        ("kubectl set image deployment/api api=api:2", ["deployment api"]),
        ("kubectl -n shop exec deploy/api -- kubectl get deploy other", ["namespace shop", "deployment api in shop"]),
        ("kubectl logs -l app=api,tier=web", ["pods with app=api,tier=web"]),
        ("kubectl delete pod <pod> -n shop", ["namespace shop"]),
        ("kubectl get deploy $NAME -n $NAMESPACE", []),
        ("kubectl get deploy DEPLOYMENT_NAME", []),
        ("kubectl scale hpa api --replicas 3", ["horizontalpodautoscaler api"]),
        ("kubectl get secret password", []),
        ("kubectl get deploy 'unclosed", []),
        ("kubectl", []),
    ],
)  # fmt: skip
def test_what_a_command_names(command: str, names: list[str]) -> None:
    assert [str(each) for each in named(1, command)] == names


def test_what_is_named_twice_is_looked_up_once_a_line() -> None:
    assert NamedObject(1, "deployment", "api") == next(named(1, "kubectl get deploy api"))
