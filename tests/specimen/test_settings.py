import pytest

from specimen.settings import BadSettings, Settings

LEAST = {"SPECIMEN_INSTANCE": "pod-1", "SPECIMEN_DATABASE_URL": "postgresql://app@db/app"}


def test_the_least_is_enough() -> None:
    settings = Settings.read({**LEAST, "HOME": "/"})
    assert (settings.instance, settings.port, settings.cache_url, settings.error_share) == ("pod-1", 8080, None, 0.0)


def test_values_have_the_type_of_their_setting() -> None:
    given = {"SPECIMEN_PORT": "81", "SPECIMEN_WARM_UP_SECONDS": "6", "SPECIMEN_CACHE_URL": "redis://r"}
    settings = Settings.read({**LEAST, **given})
    assert (settings.port, settings.warm_up_seconds, settings.cache_url) == (81, 6.0, "redis://r")


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("SPECIMEN_PROT", "81", "SPECIMEN_PROT: there is no such setting"),
        ("SPECIMEN_PORT", "http", 'SPECIMEN_PORT: "http" is not a whole number'),
        ("SPECIMEN_DRAIN_SECONDS", "4s", 'SPECIMEN_DRAIN_SECONDS: "4s" is not a number'),
        ("SPECIMEN_DRAIN_SECONDS", "-1", "SPECIMEN_DRAIN_SECONDS: is not 0 or more"),
        ("SPECIMEN_DRAIN_SECONDS", "nan", "SPECIMEN_DRAIN_SECONDS: is not 0 or more"),
        ("SPECIMEN_ERROR_SHARE", "5", "SPECIMEN_ERROR_SHARE: 5.0 is not a share from 0 to 1"),
        ("SPECIMEN_DATABASE_CONNECTIONS", "0", "SPECIMEN_DATABASE_CONNECTIONS: at least 1 is needed"),
        ("SPECIMEN_DATABASE_URL", "", "SPECIMEN_DATABASE_URL: is not set"),
        ("SPECIMEN_ROLE", "gatway", 'SPECIMEN_ROLE: "gatway" is none of rerank, gateway'),
        ("SPECIMEN_AUDIT", "late", 'SPECIMEN_AUDIT: "late" is none of before, after'),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(key: str, text: str, says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.read({**LEAST, key: text})
    assert str(refused.value).startswith(says)
    assert "\n" not in str(refused.value)


def test_secrets_are_not_printed() -> None:
    settings = Settings.read({**LEAST, "SPECIMEN_DATABASE_PASSWORD": "hush", "SPECIMEN_CACHE_PASSWORD": "hush"})
    assert "hush" not in repr(settings)
