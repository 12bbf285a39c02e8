"""The message list as it is shown: groups, rows, and how each message stands in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.message_filters import Filters
from patients.message_words import Standing, standing, visit_words, when_words, why
from patients.models import Channel, Message, MessageState
from patients.models.messages import MessageQuerySet
from patients.services.outbox import registry
from patients.services.outbox.again import may_go_again

PAGE_SIZE = 50
SHORT = 15
"""Rows of a group where all groups are shown."""
NEED_FOR = timedelta(days=7)
"""How long what failed or came too late asks for a person."""


class Tab(StrEnum):
    ALL = "all"
    NEEDS = "needs"
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


TAB_WORDS: dict[Tab, str | Promise] = {
    Tab.ALL: gettext_lazy("All"),
    Tab.NEEDS: gettext_lazy("Needs you"),
    Tab.DUE: gettext_lazy("Due"),
    Tab.SENT: gettext_lazy("Sent"),
    Tab.FAILED: gettext_lazy("Failed"),
    Tab.EXPIRED: gettext_lazy("Not in time"),
    Tab.WITHDRAWN: gettext_lazy("Withdrawn"),
}


@dataclass(frozen=True)
class Row:
    message: Message
    kind: str | Promise
    when: str
    visit: str
    standing: Standing
    why: str
    tone: str
    may_go_again: bool


@dataclass(frozen=True)
class Group:
    tab: Tab
    title: str | Promise
    rows: list[Row]
    count: int | None
    note: str = ""

    @property
    def more(self) -> int:
        return max((self.count or 0) - len(self.rows), 0)


def tabs(now: datetime, filters: Filters) -> list[tuple[Tab, str | Promise, int | None]]:
    """Return the tabs with how many of what the filters leave lie behind those that ask for something."""
    since = now - NEED_FOR
    unsettled = Q(state__in=[MessageState.WAITING, MessageState.CLAIMED])
    stopped = Q(state__in=[MessageState.FAILED, MessageState.EXPIRED], settled_at__gte=since)
    call_now = Q(state=MessageState.WAITING, channel=Channel.PHONE, due_at__lte=now)
    found = filters.narrow(Message.objects.filter(unsettled | stopped)).aggregate(
        needs=Count("pk", filter=call_now | stopped),
        due=Count("pk", filter=unsettled & ~call_now),
        failed=Count("pk", filter=Q(state=MessageState.FAILED)),
        expired=Count("pk", filter=Q(state=MessageState.EXPIRED)),
    )
    return [(tab, words, found.get(tab.value)) for tab, words in TAB_WORDS.items()]


def needing(now: datetime) -> int:
    """Return how many messages need a person, whatever the list is narrowed to."""
    return Message.objects.needing_a_person(now, since=now - NEED_FOR).count()


def behind(tab: Tab, now: datetime, filters: Filters) -> MessageQuerySet:
    """Return the messages of a tab, in the order in which they are read: what comes next, or what came last, first."""
    messages = filters.narrow(Message.objects.select_related("patient"))
    if tab is Tab.NEEDS:
        return messages.needing_a_person(now, since=now - NEED_FOR).order_by("-due_at", "-pk")
    if tab is Tab.DUE:
        calls = Q(channel=Channel.PHONE, due_at__lte=now)
        return messages.waiting().exclude(calls).order_by("due_at", "pk")
    if tab is Tab.ALL:
        return messages.order_by("-due_at", "-pk")
    return messages.filter(state=tab.value).order_by("-due_at", "-pk")


def overview(now: datetime, filters: Filters, counts: dict[Tab, int | None]) -> list[Group]:
    """Return all groups in short: who needs a person first, then what comes next, then what was sent.

    A filter asks for few messages: with one, those that ended otherwise are shown too.
    """
    wanted = [Tab.NEEDS, Tab.DUE, Tab.SENT]
    if filters.are_on:
        wanted += [Tab.FAILED, Tab.EXPIRED, Tab.WITHDRAWN]
    found = {tab: _in_short(tab, now, filters) for tab in wanted}
    rows = iter(rows_of([message for messages in found.values() for message in messages], now))
    groups = [
        Group(
            tab,
            TAB_WORDS[tab],
            [next(rows) for _message in messages],
            counts.get(tab) if tab in {Tab.NEEDS, Tab.DUE} else None,
            _note(tab, messages, now),
        )
        for tab, messages in found.items()
    ]
    return [group for group in groups if group.rows]


def _in_short(tab: Tab, now: datetime, filters: Filters) -> list[Message]:
    messages = behind(tab, now, filters)
    if tab in {Tab.FAILED, Tab.EXPIRED}:  # the later ones stand among those that need a person
        messages = messages.filter(settled_at__lt=now - NEED_FOR)
    return list(messages[: PAGE_SIZE if tab is Tab.NEEDS else SHORT])


def _note(tab: Tab, messages: list[Message], now: datetime) -> str:
    if tab is Tab.NEEDS:
        return _("we stopped trying, a person must act")
    if tab is Tab.DUE and messages:
        return _("next at %(when)s") % {"when": when_words(messages[0].due_at, now)}
    return ""


def one_page(tab: Tab, number: str | None, now: datetime, filters: Filters) -> tuple[Page[Message], list[Group]]:
    """Return one page of a tab, as one group."""
    page = Paginator(behind(tab, now, filters), PAGE_SIZE).get_page(number)
    rows = rows_of(page.object_list, now)
    return page, [Group(tab, TAB_WORDS[tab], rows, page.paginator.count)] if rows else []


def rows_of(messages: Iterable[Message], now: datetime) -> list[Row]:
    """Return what is shown of each message; one query for each way of finding their visits."""
    shown = list(messages)
    visits = visits_of(shown)
    return [
        Row(
            message=message,
            kind=label_of(message),
            when=when_words(_moment(message), now),
            visit=visit_words(visits[message.pk], now) if message.pk in visits else "",
            standing=standing(message, now),
            why=why(message),
            tone=_tone(message, now),
            may_go_again=may_go_again(message),
        )
        for message in shown
    ]


def visits_of(messages: list[Message]) -> dict[int, datetime]:
    """Return when the visit is that each message speaks of; the apps that own the kinds know."""
    known = {message.pk: kind for message in messages if (kind := registry.kind(message.kind))}
    found: dict[int, datetime] = {}
    for visits in dict.fromkeys(kind.visits for kind in registry.kinds()):
        found |= visits([key for key, kind in known.items() if kind.visits is visits])
    return found


def label_of(message: Message) -> str | Promise:
    kind = registry.kind(message.kind)
    return kind.label if kind else message.kind


def _moment(message: Message) -> datetime:
    return message.settled_at if message.state == MessageState.SENT and message.settled_at else message.due_at


def _tone(message: Message, now: datetime) -> str:
    if message.state == MessageState.FAILED:
        return "is-bad"
    late = message.state == MessageState.EXPIRED
    return "is-warn" if late or (message.wants_a_call and message.due_at <= now) else ""
