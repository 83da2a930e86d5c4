"""Settings of the tests: a home of its own for each test process, removed with the machine's other temporary files."""

import os
import tempfile

os.environ.setdefault("SAPA_HOME", tempfile.mkdtemp(prefix="sapa-test-"))
os.environ["SAPA_DEMO"] = "1"

from sapa_web.config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
