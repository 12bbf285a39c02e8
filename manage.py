#!/usr/bin/env python
"""Run the clinic's commands: `python manage.py up` starts it, `python manage.py help` lists the rest."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
