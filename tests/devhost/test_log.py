"""Entries of the log, whatever a caller put into them."""

import logging

from devhost import log

UNSAFE = "\x00\a\b\t\n\v\f\r\x1b[2J\x7f\x85\x9b1m\u2028\u202e\ud800"


def written(**more: object) -> str:
    record = logging.LogRecord("voice", logging.ERROR, __file__, 1, "heard %s", (f"a{UNSAFE}b é",), None)
    record.__dict__.update(more)
    return log.Formatter("%(levelname)s %(name)s: %(message)s").format(record)


def test_an_entry_is_one_line_of_what_can_be_seen() -> None:
    escaped = r"a\x00\x07\x08\t\n\x0b\x0c\r\x1b[2J\x7f\x85\x9b1m\u2028\u202e\ud800b é"
    assert written() == f"ERROR voice: heard {escaped}"


def test_the_lines_of_an_exception_stand_below_it_indented() -> None:
    try:
        raise ValueError("one\nINFO forged: \x1b[2Jtwo")
    except ValueError as error:
        lines = written(exc_info=(type(error), error, error.__traceback__)).split("\n")
    assert all(line.startswith("    ") for line in lines[1:])
    assert lines[-1] == r"    INFO forged: \x1b[2Jtwo"


def test_the_lines_of_the_workers_traceback_do_too() -> None:
    assert written(**{log.TRACE: "Traceback:\nof the worker \r\n"}).split("\n")[1:] == [
        "    Traceback:",
        "    of the worker",
    ]
