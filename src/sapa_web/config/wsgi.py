"""The site for a WSGI server: ``gunicorn sapa_web.config.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa_web.config.settings")
application = get_wsgi_application()
