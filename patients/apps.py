from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PatientsConfig(AppConfig):
    name = "patients"
    verbose_name = "Patients"

    def ready(self) -> None:
        # Each upper app says in its `messages.py` how the kinds it owns are composed.
        autodiscover_modules("messages")
