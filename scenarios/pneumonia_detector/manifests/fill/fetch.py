"""``python fetch.py URL FILE``: gets the last backup. It prints 200, or 404 if there is none; 1: nobody says so."""

import sys
import urllib.error
import urllib.request

url, file = sys.argv[1:]
try:
    with urllib.request.urlopen(url, timeout=5) as answer, open(file, "wb") as kept:  # noqa: PTH123, S310 - our own
        kept.write(answer.read())
    print(200)  # noqa: T201 - what the caller reads
except urllib.error.HTTPError as error:
    print(error.code)  # noqa: T201 - as above
    sys.exit(error.code != 404)
except OSError as error:
    print(error, file=sys.stderr)  # noqa: T201 - as above
    sys.exit(1)
