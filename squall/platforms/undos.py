"""Every undo there is: importing this module registers what each platform knows to take back."""

import squall.platforms.kubernetes.undoing  # noqa: F401 - registers on import
