"""Addresses of the board."""

from django.urls import URLPattern, path

from scheduling.views import board, board_book, board_hours, board_moves


def patterns() -> list[URLPattern]:
    """Return them; the converters that they name must be registered by then."""
    return [
        path("board/", board.board, name="board"),
        path("board/<day:on>/", board.board, name="board"),
        path("board/<day:on>/feed/", board.board_day_feed, name="board_day_feed"),
        path("board/book/", board_book.board_book, name="board_book"),
        path("board/week/", board.board_week, name="board_week"),
        path("board/week/<day:on>/", board.board_week, name="board_week"),
        path("board/week/<day:on>/feed/", board.board_week_feed, name="board_week_feed"),
        path("board/month/", board.board_month, name="board_month"),
        path("board/month/<day:on>/", board.board_month, name="board_month"),
        path("appointments/<uuid:public_id>/place/", board_moves.appointment_place, name="appointment_place"),
        path("board/<day:on>/hours/<int:clinician_id>/", board_hours.board_hours, name="board_hours"),
        path("board/<day:on>/closure/", board_hours.board_closure, name="board_closure"),
    ]
