# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Requests a second: by category over all pools, by pool and operation, by user. What is beyond is refused, and the
peaks are kept. A second is any second: the last thousand milliseconds, not a bucket that fills."""
from collections import defaultdict, deque

from .errors import throttled

# Service Quotas "Amazon Cognito user pools", CloudWatch Logs "quotas": defaults.
DEFAULTS = {"UserCreation": 50, "UserAccountRecovery": 30, "UserUpdate": 25, "UserResourceUpdate": 25, "UserRead": 120,
            "UserResourceRead": 50, "UserList": 30, "UserPoolResourceUpdate": 15, "UserPoolResourceRead": 20, "UserPoolRead": 15,
            "UserAuthentication": 120, "GetLogEvents": 25, "FilterLogEvents": 10, "DescribeLogStreams": 25}
LOGS = ("GetLogEvents", "FilterLogEvents", "DescribeLogStreams")
PER_USER = 10


class Window:
    __slots__ = ("times", "peak")

    def __init__(self):
        self.times, self.peak = deque(), 0

    def now(self, time):
        """How many there were in the second that ends now."""
        times = self.times
        while times and times[0] <= time - 1:
            times.popleft()
        return len(times)

    def add(self, time):
        self.times.append(time)
        self.peak = max(self.peak, self.now(time))


class Quotas:
    def __init__(self, options, clock):
        self.o, self.clock = options, clock
        self.forget()

    def forget(self):
        self.offered, self.taken = defaultdict(Window), defaultdict(Window)     # by category
        self.finer = defaultdict(Window)                                        # by pool and operation, by user
        self.throttled = defaultdict(int)

    def limit(self, category):
        return (self.o.quotas.get(category) or DEFAULTS[category]) * self.o.scale

    def keys(self, op, pool_id, user):
        """What a request counts for besides its category, and how much of that is allowed."""
        if op.scope:
            yield (pool_id, op.name), op.scope * self.o.scale
        if op.touches and user:
            yield (pool_id, user, op.touches), PER_USER * self.o.scale

    def take(self, op, pool_id, user):
        """Counts a request; raises when it is one too many. What is refused does not count against what follows."""
        category, now = op.category, self.clock.steady()
        if category is None:
            return
        self.offered[category].add(now)
        if not self.o.scale:
            return
        finer = [(self.finer[key], limit) for key, limit in self.keys(op, pool_id, user)]
        if self.taken[category].now(now) >= self.limit(category) or any(w.now(now) >= limit for w, limit in finer):
            self.throttled[category] += 1
            raise throttled("ThrottlingException" if category in LOGS else "TooManyRequestsException")
        self.taken[category].add(now)
        for window, _ in finer:
            window.add(now)
        if len(self.finer) > 4096:
            self.finer = defaultdict(Window, {key: w for key, w in self.finer.items() if w.now(now)})

    def said(self):
        return {category: {"limit": self.limit(category) if self.o.scale else None, "peak_offered": window.peak,
                           "peak_taken": self.taken[category].peak if self.o.scale else window.peak,
                           "throttled": self.throttled[category]}
                for category, window in sorted(self.offered.items())}
