"""How the desk's sentences call a patient: by name, or by initials and file number while the screen hides names."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.lib.screen import is_hidden
from patients.models import Patient


def name_of(request: HttpRequest, patient: Patient) -> str:
    """Return "Fatima Idrissi", or "FI, file 0042" on a screen that passers-by can read."""
    if not is_hidden(request, "names"):
        return patient.full_name
    return _("%(initials)s, file %(file)s") % {"initials": patient.initials, "file": patient.file_label}
