"""Pages as PDF, for paper and for the file. Nothing is fetched: what a page shows is in its own text."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

try:  # weasyprint loads Pango as it is imported; a clinic without it works, but for its PDFs
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher
except OSError:
    HTML = None

FONTS = ("latin", "latin-ext", "vietnamese")
FACE = '@font-face{{font-family:"Inter {part}";src:url("{url}") format("woff2");font-weight:100 900}}'


class NoPdfHere(Exception):
    """This machine cannot make PDFs; `sentence` says what is missing."""

    @property
    def sentence(self) -> str:
        return _(
            "This server cannot make a PDF yet: it lacks Pango. On Debian: apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0 fonts-dejavu-core. Until then, print the page from the browser."
        )


def pdf_of(page: str, sheets: Iterable[str]) -> bytes:
    """Return a page (HTML) as a tagged PDF, with style sheets named as under static/.

    Raises NoPdfHere. About 0.2 s for ten pages; 0.4 s more the first time.
    """
    if HTML is None:
        raise NoPdfHere
    fonts = FontConfiguration()
    fetcher = URLFetcher(allowed_protocols=["data", "file"])
    styles = [CSS(string=text, font_config=fonts, url_fetcher=fetcher) for text in (_faces(), *map(_sheet, sheets))]
    document = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=["data"]))
    made: bytes = document.write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/ua-1")
    return made


@lru_cache
def _faces() -> str:
    """Inter from our own files, a family a script: Pango looks through them in this order for each letter."""
    folder = Path(settings.BASE_DIR) / "static" / "vendor" / "fonts"
    return "".join(FACE.format(part=part, url=(folder / f"inter-{part}-opsz-normal.woff2").as_uri()) for part in FONTS)


@lru_cache
def _sheet(name: str) -> str:
    return (Path(settings.BASE_DIR) / "static" / name).read_text(encoding="utf-8")
