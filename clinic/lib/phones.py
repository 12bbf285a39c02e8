"""Phone numbers as people read them. What is stored is E.164; `str()` of a number would leave a foreign country out."""

from phonenumber_field.phonenumber import PhoneNumber

NORTH_AMERICA = 1


def phone_words(number: PhoneNumber | str | None) -> str:
    """Return "709-555-0118", and foreign numbers with their country's code."""
    if not isinstance(number, PhoneNumber):
        return number or ""
    if number.country_code != NORTH_AMERICA:
        return number.as_international
    digits = str(number.national_number)
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
