# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What has happened: every request, messages, who became active, what was on its way together."""
import json
from collections import Counter, deque, namedtuple

Entry = namedtuple("Entry", "time operation pool user outcome done fault")


class Records:
    def __init__(self, options, clock):
        self.o, self.clock = options, clock
        self.log = open(options.log, "a", buffering=1 << 16, encoding="utf-8") if options.log else None
        self.flying, self.flying_aliases = Counter(), Counter()     # (pool, user), (pool, alias): not answered yet
        self.forget()

    def forget(self):
        self.requests = deque(maxlen=self.o.keep)
        self.calls, self.outcomes, self.by_user = Counter(), Counter(), {}
        self.messages, self.messages_to, self.mau, self.touched = Counter(), Counter(), set(), set()
        self.together = self.together_alias = self.most_in_flight = self.n_requests = 0
        self.connections = 0

    def message(self, medium, user):
        self.messages[medium] += 1
        self.messages_to[user] += 1

    def active(self, pool, sub):
        self.mau.add((pool.id, sub))

    def add(self, operation, pool, user, outcome, done, fault):
        """outcome: what the client was told ("OK", a type, "reset", ...); done: whether it took effect."""
        entry = Entry(round(self.clock.now(), 6), operation, pool, user, outcome, done, fault)
        self.requests.append(entry)
        self.n_requests += 1
        self.calls[operation] += 1
        self.outcomes[f"{operation} {outcome}"] += 1
        if user:
            self.by_user.setdefault(operation, Counter())[user] += 1
        if self.log:
            print(json.dumps(entry, ensure_ascii=False, separators=(",", ":")), file=self.log)

    # ---- on their way at the same time ----

    def begin(self, keys):
        user, aliases = keys
        if user:
            self.flying[user] += 1
            self.together += self.flying[user] > 1
        for alias in aliases:
            self.flying_aliases[alias] += 1
            self.together_alias += self.flying_aliases[alias] > 1
        self.most_in_flight = max(self.most_in_flight, self.flying.total())

    def end(self, keys):
        user, aliases = keys
        for counter, key in ((self.flying, user), *((self.flying_aliases, alias) for alias in aliases)):
            if key:
                counter[key] -= 1
                if counter[key] <= 0:
                    del counter[key]

    def said(self):
        if self.log:
            self.log.flush()
        most = {op: max(users.values()) for op, users in self.by_user.items()}
        return {"requests": self.n_requests, "calls": dict(self.calls), "outcomes": dict(self.outcomes),
                "users_called": {op: len(users) for op, users in self.by_user.items()}, "most_calls_of_a_user": most,
                "messages": dict(self.messages), "n_messages": self.messages.total(), "mau": len(self.mau),
                "touched_foreign": sorted(self.touched), "together": self.together, "together_alias": self.together_alias,
                "most_in_flight": self.most_in_flight, "connections": self.connections}
