from cluster.modules import go_mod, staging_replacements

UPSTREAM = """\
module k8s.io/kubernetes

go 1.25.0

godebug default=go1.25

require (
\tgithub.com/spf13/cobra v1.10.0
\tk8s.io/api v0.0.0
)

replace (
\tk8s.io/api => ./staging/src/k8s.io/api
\tk8s.io/client-go => ./staging/src/k8s.io/client-go
\tgithub.com/other/fork => github.com/someone/fork v1.0.0
)
"""


def test_only_staged_modules_are_replaced_by_published_ones() -> None:
    assert staging_replacements(UPSTREAM, "v0.35.4") == {"k8s.io/api": "v0.35.4", "k8s.io/client-go": "v0.35.4"}


def test_a_replacement_outside_of_a_block_counts_too() -> None:
    assert staging_replacements("replace k8s.io/api => ./staging/src/k8s.io/api\n", "v1") == {"k8s.io/api": "v1"}


def test_the_module_asks_for_what_is_wanted_and_keeps_upstreams_language() -> None:
    text = go_mod({"k8s.io/kubernetes": "v1.35.4"}, {"k8s.io/api": "v0.35.4"}, UPSTREAM)
    assert text.splitlines() == [
        "module squall.dev/build",
        "go 1.25.0",
        "godebug default=go1.25",
        "require k8s.io/kubernetes v1.35.4",
        "replace k8s.io/api => k8s.io/api v0.35.4",
    ]
