"""Addresses of this app."""

from django.urls import URLPattern, path, register_converter

from clinic.lib.converters import DayConverter
from scheduling import away_urls, board_urls, hours_urls
from scheduling.views import (
    calls,
    course_acts,
    day,
    day_sheet,
    earlier,
    move,
    planner,
    rest,
    visit_acts,
    visit_new,
    visit_notes,
    waiting,
    waiting_acts,
)

register_converter(DayConverter, "day")

urlpatterns: list[URLPattern] = [
    path("plans/<uuid:public_id>/book/", planner.series_planner, name="series_planner"),
    path("plans/<uuid:public_id>/book/lines/", planner.series_lines, name="series_lines"),
    path("plans/<uuid:public_id>/book/anew/", planner.series_anew, name="series_anew"),
    path("plans/<uuid:public_id>/book/save/", planner.series_book, name="series_book"),
    path("plans/<uuid:public_id>/pause/", course_acts.course_pause, name="course_pause"),
    path("plans/<uuid:public_id>/resume/", course_acts.course_resume, name="course_resume"),
    path("plans/<uuid:public_id>/stop/", course_acts.course_stop, name="course_stop"),
    path("plans/<uuid:public_id>/add/", course_acts.course_add, name="course_add"),
    path("plans/<uuid:public_id>/drop/", course_acts.course_drop, name="course_drop"),
    path("day/", day.day, name="day"),
    path("day/<day:on>/", day.day, name="day"),
    path("day/<day:on>/sheet/", day_sheet.day_sheet, name="day_sheet"),
    path("calls/", calls.calls, name="call_list"),
    path("calls/<day:on>/", calls.calls, name="call_list"),
    path("appointments/<uuid:public_id>/call/", visit_acts.appointment_call, name="appointment_call"),
    path("appointments/<uuid:public_id>/confirm/", visit_acts.appointment_confirm, name="appointment_confirm"),
    path("appointments/<uuid:public_id>/unconfirm/", visit_acts.appointment_unconfirm, name="appointment_unconfirm"),
    path("appointments/<uuid:public_id>/arrive/", visit_acts.appointment_arrive, name="appointment_arrive"),
    path("appointments/<uuid:public_id>/start/", visit_acts.appointment_start, name="appointment_start"),
    path("appointments/<uuid:public_id>/step-back/", visit_acts.appointment_step_back, name="appointment_step_back"),
    path("appointments/<uuid:public_id>/menu/", day.visit_menu, name="appointment_menu"),
    path("appointments/<uuid:public_id>/complete/", visit_acts.appointment_complete, name="appointment_complete"),
    path("appointments/<uuid:public_id>/no-show/", visit_acts.appointment_no_show, name="appointment_no_show"),
    path("appointments/<uuid:public_id>/cancel/", visit_acts.appointment_cancel, name="appointment_cancel"),
    path("appointments/<uuid:public_id>/move/", move.appointment_move, name="appointment_move"),
    path("appointments/<uuid:public_id>/rest/", rest.appointment_rest, name="appointment_rest"),
    path("patients/<uuid:public_id>/visits/new/", visit_new.visit_new, name="visit_new"),
    path("operations/<uuid:operation_id>/undo/", visit_acts.operation_undo, name="operation_undo"),
    *away_urls.patterns(),
    *board_urls.patterns(),
    path("waiting/", waiting.waiting_list, name="waiting_list"),
    path("waiting/new/", waiting.waiting_find, name="waiting_find"),
    path("waiting/offer/", waiting_acts.offer_start, name="waiting_offer"),
    path("waiting/call/", waiting_acts.offer_call, name="waiting_call"),
    path("waiting/<uuid:public_id>/", waiting.waiting_edit, name="waiting_edit"),
    path("waiting/<uuid:public_id>/withdraw/", waiting_acts.waiting_withdraw, name="waiting_withdraw"),
    path("waiting/offers/<uuid:public_id>/accept/", waiting_acts.offer_accept, name="waiting_accept"),
    path("waiting/offers/<uuid:public_id>/stop/", waiting_acts.offer_stop, name="waiting_stop"),
    path("patients/<uuid:public_id>/waiting/new/", waiting.waiting_new, name="waiting_new"),
    *hours_urls.patterns(),
    path("e/<str:token>/", earlier.earlier_time, name="earlier_time"),
    path("n/<str:token>/", visit_notes.visit_notes, name="visit_notes"),
]
