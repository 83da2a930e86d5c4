"""Administration of a site: ``sapa-web COMMAND`` or ``python -m sapa_web COMMAND``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run one of the site's commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa_web.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["sapa-web", *sys.argv[1:]])


if __name__ == "__main__":
    main()
