"""Settings of the tests: a home of its own for each test process, removed with the machine's other temporary files."""

import os
import tempfile

os.environ.setdefault("SAPA_HOME", tempfile.mkdtemp(prefix="sapa-test-"))
os.environ["SAPA_DEMO"] = "1"

from sapa_web.config.settings import *  # noqa: F403
from sapa_web.config.settings import DATABASES, HOME

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SAPA_PAGE_CACHE = 0  # tests make what the site never does: other rows under the same releases (test_page_cache turns it on)
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

# A file, as on a laptop: the database in memory that Django would take is shared by the threads of a process, and there a
# reader and a writer refuse each other at once instead of waiting.
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
    # No test turns the power off; processes that are killed lose nothing by it.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
