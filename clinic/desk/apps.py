from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "clinic.desk"
    label = "desk"
    verbose_name = "Desk"
