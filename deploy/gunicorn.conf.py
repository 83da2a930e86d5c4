"""The web server: a few processes with threads; ends gracefully when told to (requests under way are answered)."""

import os

bind = os.environ.get("SAPA_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("SAPA_WEB_PROCESSES", "2"))
threads = int(os.environ.get("SAPA_WEB_THREADS", "4"))
worker_class = "gthread"
timeout = 120  # the largest upload a slow line may take is read by the proxy; ours is the work on it
graceful_timeout = 30
max_requests, max_requests_jitter = 2000, 200
forwarded_allow_ips = os.environ.get("SAPA_PROXY", "127.0.0.1")
accesslog = None  # the site logs its requests itself, by route, without persons
errorlog = "-"
