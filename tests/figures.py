"""Figures that tests measure: said at the end of the run, whatever pytest captures, by whichever process measured."""

import pytest

SAID: list[str] = []


def say(words: str) -> None:
    SAID.append(words)


class Collector:
    """Brings the figures of the worker processes (pytest-xdist) to the one that prints them."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["figures"] = SAID

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        SAID.extend(getattr(node, "workeroutput", {}).get("figures", []))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if SAID:
            terminalreporter.section("figures")
            for words in SAID:
                terminalreporter.write_line(words)
