"""Refusals of what the owner keeps: the catalogue, aftercare texts, rooms and devices, other visits, the clinic."""

import uuid
from typing import Any

from django.urls import reverse

from clinic.models import Clinic, Role, Room, RoomKind
from tests import factory
from tests.refusals.scene import Cases, Scene, shown
from treatments.aftercare import first_version
from treatments.models import AftercareText

CASES = Cases()
CROWD = "Many people are saving at this moment. Nothing was saved. Try again."
REUSED = "This form was saved before with other words. Nothing was saved now. Open it anew."


def shows(sentence: str) -> Any:
    return CASES.shows(sentence, role=Role.OWNER)


def untouched(s: Scene, address: str, /, *args: Any, **asked: Any) -> dict[str, Any]:
    values = shown(reverse(address, args=args), s.client) | asked
    return {key: getattr(value, "as_national", value) for key, value in values.items()}


def save(s: Scene, address: str, /, *args: Any, **asked: Any) -> None:
    s.send(address, *args, **untouched(s, address, *args, **asked))


# --- The catalogue ---


def treatment(s: Scene, **asked: Any) -> None:
    save(s, "protocol_edit", s.plan.protocol.key, **asked)


LIMITS = {
    "3 is too few: a course has 4 to 15 sessions. Enter 4 or more.": {"sessions_min": "3"},
    "16 is too many: a course has 4 to 15 sessions. Enter 15 or fewer.": {"sessions_max": "16"},
    "The most cannot be fewer than the fewest: enter 8 or more.": {"sessions_min": "8", "sessions_max": "5"},
    "The usual number lies between the fewest and the most: enter 4 to 8.": {"sessions_max": "8"},
    "6 days is too close: the skin needs 7 at least. Enter 7 or more.": {"interval_min": "6"},
    "The longest cannot be below the shortest: enter 7 or more.": {"interval_max": "5"},
    "The best lies between the shortest and the longest: enter 7 to 14.": {"interval_ideal": "15"},
    "28 days is long: 1 to 2 weeks is the rule. Enter up to 14, or write where it comes from.": {"interval_max": "28"},
    "Write why more than 14 days lie between visits: a label, a study, who decided.": {
        "interval_ideal": "20",
        "interval_max": "28",
    },
    "75 minutes: nearly all treatments take 30, and none more than 60. Enter 5 to 60.": {"minutes": "75"},
    "Numbing takes 30 or 60 minutes, by the cream. Enter up to 120.": {"numbing_minutes": "180"},
    "Making a room ready takes up to 60 minutes here. Enter up to 60.": {"turnover_minutes": "90"},
    "Enter a whole number.": {"minutes": "x"},
    "Enter a number.": {"minutes": ""},
    "Enter the name that the desk looks for.": {"name": ""},
    "Choose at least one area.": {"areas": []},
    "Choose a kind of room. New kinds are added under Settings.": {"room_kind": ""},
    "is too long: a name has 80 letters at most.": {"aliases": "x" * 90},
    "21 names are too many: keep the 20 that people use.": {"aliases": "\n".join(f"Name {n}" for n in range(21))},
}


def limit(sentence: str, asked: dict[str, Any]) -> None:
    def act(s: Scene) -> None:
        treatment(s, **asked)

    act.__name__ = f"treatment_{'_'.join(asked)}"
    shows(sentence)(act)


for said, typed in LIMITS.items():
    limit(said, typed)


@shows("“Cellulite reduction” is there already. Choose a name that tells the two apart.")
def treatment_of_a_name_that_is_there(s: Scene) -> None:
    second = factory.make_protocol(name="Body contouring")
    save(s, "protocol_edit", second.key, name="Cellulite reduction")


@shows("Ruth Noseworthy changed this treatment while you wrote")
def treatment_that_somebody_else_changed(s: Scene) -> None:
    s.sign_in(Role.OWNER, name="Ruth Noseworthy")
    old = untouched(s, "protocol_edit", s.plan.protocol.key)
    treatment(s, minutes="30")
    s.send("protocol_edit", s.plan.protocol.key, **old | {"minutes": "40", "operation": str(uuid.uuid4())})


@shows("Someone else is saving this treatment. Nothing was saved. Try again.")
def treatment_in_a_crowd(s: Scene) -> None:
    s.crowd()
    treatment(s, minutes="30")


@shows(REUSED)
def treatment_back_and_changed(s: Scene) -> None:
    old = untouched(s, "protocol_edit", s.plan.protocol.key)
    for minutes in ("30", "40"):
        s.send("protocol_edit", s.plan.protocol.key, **old | {"minutes": minutes})


# --- Aftercare texts ---


def text(s: Scene, *, into: str = "from=1", **asked: Any) -> None:
    AftercareText.objects.get_or_create(version=1, language="en-ca", defaults=first_version())
    query = f"?{into}"
    forms = s.client.get(reverse("aftercare_new") + query).context["forms"]
    sent: dict[str, Any] = {}
    for form in (forms.main, *forms.steps, *forms.common):
        for field in form:
            if (value := field.value()) not in (None, False):
                sent[field.html_name] = "on" if value is True else value
    s.send("aftercare_new", query=query, **sent | asked)


@shows("Keep {until} in it: there the patient reads the day.")
def text_without_its_day(s: Scene) -> None:
    text(s, months="Tell us.")


@shows("Write what to watch for: an infection can show up weeks later.")
def text_without_the_months(s: Scene) -> None:
    text(s, months="")


@shows("Write at least one sign that must not wait.")
def text_without_signs(s: Scene) -> None:
    text(s, same_day="")


@shows("Write when to call 911.")
def text_without_911(s: Scene) -> None:
    text(s, emergency="")


@shows("Say until how many hours after the visit: 48 is two days.")
def text_of_a_step_without_an_end(s: Scene) -> None:
    text(s, **{"step0-hours": ""})


@shows("Write what to do, or empty the row.")
def text_of_a_step_without_a_title(s: Scene) -> None:
    text(s, **{"step0-title": ""})


@shows("Write how long: about a week.")
def text_of_a_bar_without_words(s: Scene) -> None:
    text(s, **{"common0-words": ""})


@shows("Enter days: 7.")
def text_of_a_bar_without_days(s: Scene) -> None:
    text(s, **{"common0-days": ""})


@shows("Write at least one thing to do. Nothing was saved.")
def text_without_steps(s: Scene) -> None:
    rows = {f"step{place}-{name}": "" for place in range(20) for name in ("title", "text", "hours")}
    text(s, **rows)


@shows("“mesotherapy” tells what the clinic does. The notes name no treatment. Nothing was saved.")
def text_that_tells(s: Scene) -> None:
    text(s, ahead="Your mesotherapy lasts.")


@shows("This version has a text in this language. Nothing was saved. Write a new version.")
def text_twice_in_one_language(s: Scene) -> None:
    for _ in range(2):
        text(s, into="into=1&language=fr-ca")


@shows(CROWD)
def text_in_a_crowd(s: Scene) -> None:
    s.crowd()
    text(s)


@shows(REUSED)
def text_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    text(s, operation=key)
    text(s, operation=key, ahead="See you.")


def use(s: Scene, *protocols: int, **sent: Any) -> None:
    AftercareText.objects.get_or_create(version=1, language="en-ca", defaults=first_version())
    s.send("aftercare_use", 1, protocols=list(protocols), **sent)


@shows("Nothing was saved. Tick the treatments that show this text.")
def use_a_text_nowhere(s: Scene) -> None:
    use(s)


@shows("Someone else is saving a treatment. Nothing was saved. Try again.")
def use_a_text_in_a_crowd(s: Scene) -> None:
    s.crowd()
    use(s, s.plan.protocol.pk)


@shows("This form was saved before with other words. Nothing was saved now. Tick them again.")
def use_a_text_back_and_changed(s: Scene) -> None:
    key, second = str(uuid.uuid4()), factory.make_protocol(name="Body contouring")
    use(s, s.plan.protocol.pk, operation=key)
    use(s, second.pk, operation=key)


# --- Rooms, other visits, the clinic ---


@shows("Enter a name.")
def room_without_a_name(s: Scene) -> None:
    save(s, "room_edit", s.rooms[0].pk, name="")


@shows("“Room 2” is there already. Choose a name that tells the two apart.")
def room_of_a_name_that_is_there(s: Scene) -> None:
    save(s, "room_edit", s.rooms[0].pk, name="Room 2")


@shows("1 visit that lies ahead holds Room 1. Nothing was saved. Move or cancel it first.")
def room_that_a_visit_holds(s: Scene) -> None:
    s.visit()
    save(s, "room_edit", s.rooms[0].pk, is_active=None)


@shows("Someone else changed this while you wrote.")
def room_that_somebody_else_changed(s: Scene) -> None:
    old = untouched(s, "room_edit", s.rooms[0].pk)
    Room.objects.filter(pk=s.rooms[0].pk).update(name="Corner room")
    s.send("room_edit", s.rooms[0].pk, **old | {"name": "Sea room"})


@shows(CROWD)
def room_in_a_crowd(s: Scene) -> None:
    s.crowd()
    save(s, "room_edit", s.rooms[0].pk, name="Sea room")


@shows(REUSED)
def room_back_and_changed(s: Scene) -> None:
    old = untouched(s, "room_new")
    for name in ("Sea room", "Corner room"):
        s.send("room_new", **old | {"name": name, "kind": RoomKind.objects.get().pk})


@shows(CROWD)
def room_moved_in_a_crowd(s: Scene) -> None:
    s.crowd()
    s.send("room_shift", s.rooms[0].pk, step="1")


@shows("This button was used before. Nothing more was saved. Look at the list again.")
def room_moved_back_and_up(s: Scene) -> None:
    key = str(uuid.uuid4())
    for step in ("1", "-1"):
        s.send("room_shift", s.rooms[0].pk, step=step, operation=key)


@shows("This button was not complete. Nothing was saved. Load the page again.")
def room_moved_nowhere(s: Scene) -> None:
    s.send("room_shift", s.rooms[0].pk, step="9")


def other_visits(s: Scene, **asked: Any) -> None:
    kind = RoomKind.objects.get().pk
    sent = {f"{name}-{part}": value for name in ("consultation", "review") for part, value in PARTS.items()}
    rooms = {f"{name}-room_kind": kind for name in ("consultation", "review")}
    s.send("visit_types", **sent | rooms | asked)


PARTS = {"minutes": "30", "turnover_minutes": "5"}


@shows("Enter 5 to 240 minutes.")
def other_visits_of_no_time(s: Scene) -> None:
    other_visits(s, **{"review-minutes": "3"})


@shows("Enter 0 to 60 minutes.")
def other_visits_with_hours_after(s: Scene) -> None:
    other_visits(s, **{"review-turnover_minutes": "90"})


@shows("Someone else is saving this. Nothing was saved. Try again.")
def other_visits_in_a_crowd(s: Scene) -> None:
    s.crowd()
    other_visits(s)


@shows(REUSED)
def other_visits_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    other_visits(s, operation=key)
    other_visits(s, operation=key, **{"review-minutes": "20"})


@shows("This form was not complete. Nothing was saved. Load the page again.")
def other_visits_without_a_key(s: Scene) -> None:
    other_visits(s, operation="")


CLINIC = {
    "“Mesotherapy” tells what the clinic does. Choose a neutral name, such as Harbourlight Clinic.": {
        "short_name": "Mesotherapy House"
    },
    "Enter the clinic’s name.": {"name": ""},
    "Enter a name that messages can carry.": {"short_name": ""},
    "Write how people call the zone.": {"zone_word": ""},
    "Write the zone’s mark, such as NT.": {"zone_mark": ""},
    "There is no zone “America/Gander”. Choose one of the list: America/St_Johns.": {"zone": "America/Gander"},
    "Messages must end after they begin: later than 21:00.": {"send_from": "21:00"},
    "Write the hour and the minutes: 08:00.": {"send_from": "8"},
    "A change is held at least as long as it rests: enter 30 or more.": {"quiet_minutes": "30"},
    "Enter 14 to 25.": {"age_of_majority": "12"},
}


def fact(sentence: str, asked: dict[str, str]) -> None:
    def act(s: Scene) -> None:
        save(s, "clinic_settings", **asked)

    act.__name__ = f"clinic_{'_'.join(asked)}"
    shows(sentence)(act)


for said, fields in CLINIC.items():
    fact(said, fields)


@shows(
    "1 visit lies ahead, told in Newfoundland time. Nothing was saved: in another zone it would begin at another time "
    "by the clock. Change the zone when no visit lies ahead."
)
def clinic_in_another_zone_while_visits_lie_ahead(s: Scene) -> None:
    s.visit()
    save(s, "clinic_settings", zone="America/Toronto")


@shows("Someone else changed the settings while you wrote. Nothing was saved. Save again to keep your words.")
def clinic_that_somebody_else_changed(s: Scene) -> None:
    old = untouched(s, "clinic_settings")
    Clinic.objects.update(notice_hours=48)
    s.send("clinic_settings", **old | {"notice_hours": "12"})


@shows(CROWD)
def clinic_in_a_crowd(s: Scene) -> None:
    s.crowd()
    save(s, "clinic_settings", notice_hours="48")


@shows(REUSED)
def clinic_back_and_changed(s: Scene) -> None:
    old = untouched(s, "clinic_settings")
    for hours in ("48", "12"):
        seen = untouched(s, "clinic_settings")["seen"]
        s.send("clinic_settings", **old | {"notice_hours": hours, "seen": seen})
