"""A Debian image from the machine's own package sources, for where no registry gives one."""

from pathlib import Path

from cluster import versions
from cluster.cache import Cache, digest
from cluster.command import ask, require, run
from cluster.docker import KeptImage
from cluster.errors import Unusable

__all__ = ["DEBIAN"]

NAME = f"squall/debian:{versions.DEBIAN}"
AUTHORITIES = Path("/usr/local/share/ca-certificates")
GETTING = "Install it; on Debian, as root: .ci/docker-engine"
WANTED = {("Debian", versions.DEBIAN + pocket) for pocket in ("", "-updates", "-security")}

# As in debian:bookworm-slim: no manuals, no packages left behind by apt.
SLIM = (
    *(f"--dpkgopt=path-exclude=/usr/share/{kind}/*" for kind in ("doc", "info", "locale", "man")),
    '--aptopt=DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; }',
    '--aptopt=Dir::Cache::pkgcache ""',
    '--aptopt=Dir::Cache::srcpkgcache ""',
    '--aptopt=Acquire::Languages "none"',
)


class Debian:
    """The smallest Debian that apt works in, trusting whom this machine trusts."""

    @property
    def image(self) -> KeptImage:
        """Not keyed by the package index: a base that changes daily would rebuild all that stands on it."""
        own = [AUTHORITIES] if AUTHORITIES.is_dir() else []
        return KeptImage(NAME, "debian", digest(versions.DEBIAN, *SLIM, *own))

    def obtain(self, cache: Cache) -> str:
        """Return the name of the image, once the engine has it."""
        self.image.obtain(cache, lambda: self._make(cache))
        return NAME

    def _make(self, cache: Cache) -> None:
        require("mmdebstrap", GETTING)
        rootfs = cache.root / "scratch" / "debian.tar"
        run("mmdebstrap", *self._options(), versions.DEBIAN, rootfs, "-", stdin=_sources())
        label = f'LABEL "squall.dev/key"="{self.image.key}"'
        run("docker", "import", "--change", label, "--change", 'CMD ["bash"]', rootfs, NAME)
        rootfs.unlink()

    def _options(self) -> list[str]:
        options = ["--quiet", "--variant=minbase", "--include=ca-certificates", *SLIM]
        if AUTHORITIES.is_dir() and any(AUTHORITIES.glob("*.crt")):
            options += [
                f"--customize-hook=copy-in {AUTHORITIES} /usr/local/share",
                '--customize-hook=chroot "$1" update-ca-certificates',
            ]
        return options


def _sources() -> str:
    """Return this machine's own Debian sources, as apt itself reads them; their addresses stand nowhere here."""
    fields = "$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    listed = ask("apt-get", "indextargets", "--format", fields, "Created-By: Packages")
    found = sorted({tuple(line.split()) for line in listed.out.splitlines()})
    lines = [f"deb {' '.join(words[2:])}\n" for words in found if words[:2] in WANTED]
    if not lines:
        raise Unusable(
            f"No image registry answers and apt knows no Debian {versions.DEBIAN} source",
            f"Give Docker a registry, or run this on Debian {versions.DEBIAN}",
        )
    return "".join(lines)


DEBIAN = Debian()
