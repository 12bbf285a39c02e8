"""What the form templates ask of a form: which fields are wrong, and where the link of each error leads."""

from django import template
from django.forms import BaseForm, RadioSelect
from django.forms.boundfield import BoundField

register = template.Library()


@register.filter
def field_errors(form: BaseForm) -> list[BoundField]:
    """Return the fields that need mending, in the order of the form."""
    return [field for field in form if field.errors]


@register.filter
def error_count(form: BaseForm) -> int:
    """Count the fields that need mending."""
    return len(field_errors(form))


@register.filter
def focus_id(field: BoundField) -> str:
    """Return the id of the control that a link to this field must focus: the first one of a group."""
    grouped = isinstance(field.field.widget, RadioSelect)  # CheckboxSelectMultiple is one too
    return f"{field.auto_id}_0" if grouped else field.id_for_label or field.auto_id
