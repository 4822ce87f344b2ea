from squall.safety.audit import compare


def test_nothing_changed() -> None:
    assert compare({"a": "1"}, {"a": "1"}, "r") == compare({}, {}, "r")
    assert compare({}, {}, "r").leftovers == ()


def test_leftovers_are_ours_by_label() -> None:
    found = compare({}, {"squall's pod squall/agent-x": "r", "squall's pod squall/agent-y": "another"}, "r")
    assert found.leftovers == ("pod squall/agent-x of the run r is still there",)
    assert found.changed == ()


def test_what_others_changed() -> None:
    before = {"deployment/api replicas": "3", "service/api selector": "{}", "gone": "x"}
    after = {"deployment/api replicas": "2", "service/api selector": "{}", "new": ""}
    assert compare(before, after, "r").changed == (
        "deployment/api replicas was 3 and is 2",
        "gone was x and is absent",
        "new was absent and is empty",
    )
