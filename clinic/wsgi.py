"""The WSGI entry that gunicorn serves."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
application = get_wsgi_application()

# All views now, not with the first request; and what is loaded stays, so it is not to be walked through for garbage
# again and again: in one page of twenty that took ten milliseconds.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
