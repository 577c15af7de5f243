# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Two times: what the client's clock should say, and what the double lives in, which can be put forward."""
import time
from datetime import datetime, timezone
from email.utils import formatdate
from functools import lru_cache


class Clock:
    def __init__(self):
        self.ahead = 0.0        # how far the double was put forward: URLs, jobs, tokens and sessions expire by it
        self.skew = 0.0         # how wrong the double's clock is to a client: signatures and Date
        self._date = (0, "")

    def wire(self):
        return time.time() + self.skew

    def now(self):
        return time.time() + self.ahead

    def steady(self):
        return time.monotonic()

    def date(self):
        """The header Date; made once a second."""
        second = int(self.wire())
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]


def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


@lru_cache(maxsize=256)
def seconds_of(text):
    """Of 20261122T101500Z; ValueError if it is none."""
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()


def iso(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
