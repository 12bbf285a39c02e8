"""A cheap look before the judging: is a wished time taken already? One statement, with and without locks.

Many may want one time. Whoever comes after it was given away must not queue for the locks to hear so, and who did queue
must not hold them while a refusal is put together: the sentence and the free times beside it are looked for afterwards.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from scheduling.models import HOLDING
from scheduling.planning.types import Slot

# No appointment is longer than a day: the index on clinician and start is read a day back. OFFSET 0 keeps the wished
# times apart: joined, PostgreSQL hoped for an early hit and read the whole book where all are free, as they mostly are.
STATEMENT = """
SELECT EXISTS (
    SELECT FROM unnest(%(clinicians)s::bigint[], %(starts)s::timestamptz[]) AS wished(clinician_id, starts_at)
    CROSS JOIN LATERAL (
        SELECT FROM scheduling_appointment held
        WHERE held.clinician_id = wished.clinician_id
            AND held.starts_at < wished.starts_at + %(length)s AND held.starts_at > wished.starts_at - interval '1 day'
            AND held.ends_at > wished.starts_at
            AND held.status = ANY(%(holding)s) AND NOT held.id = ANY(%(ignoring)s)
        OFFSET 0
    ) taken
) AND NOT EXISTS (SELECT FROM clinic_operation WHERE id = %(unless)s)
"""


class JustTaken(Exception):
    """The clinician of a wished time is with somebody else then."""


def refuse_taken(
    slots: Sequence[Slot], minutes: int, ignoring: Iterable[int] = (), *, unless: uuid.UUID | None = None
) -> None:
    """Raise JustTaken when one of these slots overlaps a visit of its clinician; `ignoring` are visits that move.

    `unless` an act with this key was done before: it may have taken them itself, and is answered again.
    """
    values: dict[str, Any] = {
        "clinicians": [slot.clinician_id for slot in slots],
        "starts": [slot.starts_at for slot in slots],
        "length": timedelta(minutes=minutes),
        "holding": HOLDING,
        "ignoring": list(ignoring),
        "unless": unless,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        if cursor.fetchone()[0]:
            raise JustTaken
