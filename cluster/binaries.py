"""The programs that a node image is made of, built from the Go module proxy. Each part is cached on its own."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from cluster import versions
from cluster.cache import Cache, digest
from cluster.command import require, run
from cluster.modules import go_mod, staging_replacements

__all__ = [
    "ACTIONLINT",
    "ALERTMANAGER",
    "CNI",
    "COMPOSE",
    "CONTAINERD",
    "COREDNS",
    "ETCD",
    "KIND",
    "KUBERNETES",
    "LOCAL_PATH",
    "METRICS",
    "NODE",
    "kind_sources",
]

HERE = Path(__file__).parent
GO_SOURCES = HERE / "go"
KIND_MODULE = "sigs.k8s.io/kind"
BUILD_FLAGS = ("-mod=mod", "-buildvcs=false", "-trimpath")
GO = "Install Go 1.26 or newer (Kubernetes' programs are built with it where no registry gives a node image)"


@dataclass(frozen=True, slots=True)
class Programs:
    """One or more programs of one upstream release."""

    name: str
    modules: tuple[str, ...]
    version: str
    packages: tuple[str, ...]
    tags: str = ""
    linked: dict[str, str] = field(default_factory=dict)
    staging: str = ""
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Condense what this part depends on. Not the Go release: a newer one does not make the old output wrong."""
        return digest(repr(self), *BUILD_FLAGS)

    def obtain(self, cache: Cache) -> Path:
        """Return the folder with the programs."""
        return cache.obtain(self.name, self.key, self._build)

    def _build(self, folder: Path) -> None:
        require("go", GO)
        source = folder / "source"
        source.mkdir()
        upstream = _go_mod_of(self.modules[0], self.version)
        replaces = staging_replacements(upstream, self.staging) if self.staging else {}
        (source / "go.mod").write_text(go_mod(dict.fromkeys(self.modules, self.version), replaces, upstream))
        links = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.linked.items())])
        flags = [*BUILD_FLAGS, f"-tags={self.tags}", f"-ldflags={links}"]
        # GOFLAGS of the user could undo -mod, and the workspace of another checkout must not be found.
        env = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
        run("go", "build", *flags, "-o", f"{folder}/", *self.packages, cwd=source, env=env)
        shutil.rmtree(source)
        for old, new in self.renamed.items():
            (folder / old).rename(folder / new)


def _module(module: str, version: str, what: str) -> Path:
    """Return the file or folder of a downloaded module that `go mod download -json` calls `what`."""
    require("go", GO)
    # Modules are looked up from a folder without a go.mod, or the nearest one would take part.
    run("go", "mod", "download", f"{module}@{version}", cwd=Path("/"))
    template = "{{.Dir}}" if what == "Dir" else "{{.GoMod}}"
    return Path(run("go", "list", "-m", "-f", template, f"{module}@{version}", cwd=Path("/")).strip())


def _go_mod_of(module: str, version: str) -> str:
    return _module(module, version, "GoMod").read_text()


def kind_sources() -> Path:
    """Return kind's module, whose node files are installed into the image from there."""
    return _module(KIND_MODULE, versions.KIND, "Dir")


@dataclass(frozen=True, slots=True)
class OwnPrograms:
    """The programs whose sources stand here."""

    name: str

    @property
    def key(self) -> str:
        """Condense the sources and how they are built."""
        return digest(GO_SOURCES, *BUILD_FLAGS)

    def obtain(self, cache: Cache) -> Path:
        """Return the folder with the programs."""
        return cache.obtain(self.name, self.key, self._build)

    def _build(self, folder: Path) -> None:
        require("go", GO)
        flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"]
        env = {"CGO_ENABLED": "0", "GOWORK": "off"}
        run("go", "build", *flags, "-o", f"{folder}/", "./...", cwd=GO_SOURCES, env=env)


def _kubernetes_version() -> dict[str, str]:
    major, minor, _ = versions.KUBERNETES.removeprefix("v").split(".")
    facts = {"gitVersion": versions.KUBERNETES, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{package}.{name}": value for package in packages for name, value in facts.items()}


_SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")

KUBERNETES = Programs(
    "kubernetes",
    ("k8s.io/kubernetes",),
    versions.KUBERNETES,
    tuple(f"k8s.io/kubernetes/cmd/{command}" for command in ("kubeadm", "kubelet", "kubectl", *_SERVERS)),
    linked=_kubernetes_version(),
    staging=versions.KUBERNETES.replace("v1.", "v0."),
)
KIND = Programs("kind", (KIND_MODULE,), versions.KIND, (KIND_MODULE,))
ETCD = Programs(
    "etcd",
    ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/etcdctl/v3"),
    versions.ETCD,
    ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/etcdctl/v3"),
    renamed={"server": "etcd"},
)
COREDNS = Programs("coredns", ("github.com/coredns/coredns",), versions.COREDNS, ("github.com/coredns/coredns",))
_CONTAINERD = "github.com/containerd/containerd/v2"
CONTAINERD = Programs(
    "containerd",
    (_CONTAINERD,),
    versions.CONTAINERD,
    tuple(f"{_CONTAINERD}/cmd/{command}" for command in ("containerd", "ctr", "containerd-shim-runc-v2")),
    tags="no_btrfs,no_devmapper,no_zfs,no_aufs",
    linked={f"{_CONTAINERD}/version.Version": versions.CONTAINERD},
)
_CNI = "github.com/containernetworking/plugins"
CNI = Programs(
    "cni",
    (_CNI,),
    versions.CNI_PLUGINS,
    tuple(f"{_CNI}/plugins/{p}" for p in ("ipam/host-local", "main/loopback", "main/ptp", "meta/portmap")),
)
_COMPOSE = "github.com/docker/compose/v2"
COMPOSE = Programs(
    "compose",
    (_COMPOSE,),
    versions.COMPOSE,
    (f"{_COMPOSE}/cmd",),
    linked={f"{_COMPOSE}/internal.Version": versions.COMPOSE},
    renamed={"cmd": "docker-compose"},
)
_ACTIONLINT = "github.com/rhysd/actionlint"
ACTIONLINT = Programs("actionlint", (_ACTIONLINT,), versions.ACTIONLINT, (f"{_ACTIONLINT}/cmd/actionlint",))
_ALERTMANAGER = "github.com/prometheus/alertmanager"
ALERTMANAGER = Programs("alertmanager", (_ALERTMANAGER,), versions.ALERTMANAGER, (f"{_ALERTMANAGER}/cmd/alertmanager",))
_LOCAL_PATH = "github.com/rancher/local-path-provisioner"
LOCAL_PATH = Programs("local-path", (_LOCAL_PATH,), versions.LOCAL_PATH, (_LOCAL_PATH,))
_METRICS = "sigs.k8s.io/metrics-server"
METRICS = Programs("metrics-server", (_METRICS,), versions.METRICS_SERVER, (f"{_METRICS}/cmd/metrics-server",))
NODE = OwnPrograms("node-programs")
