"""A log that can't repeat what a patient wrote."""

import copy
import logging
import re
import sys
import traceback
from types import TracebackType

# Long parts of a path are tokens that open something.
TOKEN = re.compile(r"(?<=/)[^/\s]{33,}")
QUERY = re.compile(r"\?\S*")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Some loggers put an exception into the message itself.
TRACEBACK = "Traceback (most recent call last)"


class WordlessFormatter(logging.Formatter):
    """Shows where an exception happened and its type, never its text: that may quote a form's values."""

    def format(self, record: logging.LogRecord) -> str:
        # Another formatter may have left the exception with its words in the record.
        record = copy.copy(record)
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        words = record.message.partition(TRACEBACK)[0]
        # A line break that somebody sent would begin a line of their own making.
        record.message = CONTROL.sub(lambda sign: ascii(sign[0])[1:-1], words)
        return TOKEN.sub("…", super().formatMessage(record))

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        kind, error, trace = ei
        if kind is None:
            return ""
        frames = "".join(traceback.format_tb(trace)).rstrip()
        chain: list[BaseException] = []
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ or error.__context__
        names = [f"{type(error).__module__}.{type(error).__qualname__}" for error in chain]
        return f"{frames}\n" + " from ".join(names)


def print_without_words(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A `sys.excepthook`: an uncaught exception, too, may quote what a patient wrote."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        print(WordlessFormatter().formatException((kind, error, trace)), file=sys.stderr)
