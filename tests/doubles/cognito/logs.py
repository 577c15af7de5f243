# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""CloudWatch Logs as far as import jobs write there: a stream a job, a line a row."""
import base64
import re
from array import array

from .errors import Refusal
from .operations import Text, Whole, ListOf, Of, operation

SUCCEEDED, SKIPPED, FAILED = range(3)
TAGS = ("SUCCEEDED", "SKIPPED", "FAILED")
MAX_EVENTS = 10000
NAMES = {"logGroupName": Text(1, 512), "startTime_": Whole(), "endTime_": Whole(), "nextToken_": Text(1)}


class Stream:
    """The lines, kept small: numbers, kinds and which text, out of few. mix puts a hundred of them into the order in
    which they are given, or is None: as they come."""

    texts, places = [], {}

    def __init__(self, name, clock, mix):
        self.name, self.clock, self.created, self.mix, self.waiting = name, clock, clock.now(), mix, []
        self.lines, self.kinds, self.text_of, self.times = array("I"), bytearray(), array("I"), array("d")

    def add(self, line, kind, text):
        if not self.mix:
            return self.put(line, kind, text)
        self.waiting.append((line, kind, text))
        if len(self.waiting) == 100:
            self.flush()

    def flush(self):
        for one in self.mix(self.waiting) if self.mix else ():
            self.put(*one)
        self.waiting = []

    def put(self, line, kind, text):
        if text not in self.places:
            self.places[text] = len(self.texts)
            self.texts.append(text)
        self.lines.append(line)
        self.kinds.append(kind)
        self.text_of.append(self.places[text])
        self.times.append(self.clock.now())

    def visible(self, lag):
        """How many lines have got through to readers."""
        horizon, n = self.clock.now() - lag, len(self.times)
        while lag and n and self.times[n - 1] > horizon:
            n -= 1
        return n

    def event(self, at):
        when = int(self.times[at] * 1000)
        return {"timestamp": when, "ingestionTime": when,
                "message": f"[{TAGS[self.kinds[at]]}] Line Number {self.lines[at]} - {self.texts[self.text_of[at]]}"}


class Logs:
    def __init__(self, double):
        self.double, self.groups = double, {}

    def stream(self, pool, name):
        group = self.groups.setdefault(f"/aws/cognito/userpools/{pool.id}/{pool.name}", {})
        mix = (lambda lines: sorted(lines, key=lambda one: self.double.chance("line", one[0]))) if self.double.o.log_shuffle else None
        return group.setdefault(name, Stream(name, self.double.clock, mix))

    def group(self, name):
        if name not in self.groups:
            raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
        return self.groups[name]


def wrong(text):
    return Refusal("InvalidParameterException", text)


def token_of(kind, *parts):
    return f"{kind}/" + base64.urlsafe_b64encode("\n".join(map(str, parts)).encode()).decode()


def read_token(text, kinds):
    kind, _, rest = text.partition("/")
    try:
        parts = base64.urlsafe_b64decode(rest.encode()).decode().split("\n")
    except ValueError:
        parts = ()
    if kind not in kinds or not parts:
        raise wrong("The specified nextToken is invalid.")
    return kind, parts


def within(stream, at, body):
    when = int(stream.times[at] * 1000)
    return body.get("startTime", 0) <= when < body.get("endTime", 1 << 62)


@operation("GetLogEvents", "GetLogEvents", logStreamName=Text(1, 512), limit_=Whole(1, MAX_EVENTS), startFromHead_=Of(bool), **NAMES)
def get_log_events(double, _, body):
    stream = double.logs.group(body["logGroupName"]).get(body["logStreamName"])
    if stream is None:
        raise Refusal("ResourceNotFoundException", "The specified log stream does not exist.")
    limit, n = body.get("limit", MAX_EVENTS), stream.visible(double.o.log_lag / 1000)
    if body.get("nextToken"):
        kind, parts = read_token(body["nextToken"], "fb")
        begin = int(parts[0]) if kind == "f" else max(0, int(parts[0]) - limit)
        end = min(n, begin + limit) if kind == "f" else int(parts[0])
    else:
        begin = 0 if body.get("startFromHead") else max(0, n - limit)
        end = min(n, begin + limit)
    return {"events": [stream.event(at) for at in range(begin, end) if within(stream, at, body)],
            "nextForwardToken": token_of("f", end), "nextBackwardToken": token_of("b", begin)}


def pattern_of(text):
    """Unstructured terms: all of them, any of those with ?, none of those with -; quoted where they hold signs."""
    if not text:
        return lambda message: True
    terms = [(sign, plain or quoted) for sign, quoted, plain in re.findall(r'([?-]?)(?:"([^"]*)"|([^\s"]+))', text)]
    if any(not quoted_ok(text, term) for _, term in terms):
        raise wrong("Invalid character(s) in term")
    every = [term for sign, term in terms if not sign]
    some = [term for sign, term in terms if sign == "?"]
    none = [term for sign, term in terms if sign == "-"]
    return lambda message: (all(term in message for term in every) and not any(term in message for term in none)
                            and (not some or any(term in message for term in some)))


def quoted_ok(text, term):
    """A term with other signs than letters, digits and _ has to stand in quotes."""
    return re.fullmatch(r"\w+", term) or f'"{term}"' in text


@operation("FilterLogEvents", "FilterLogEvents", logStreamNames_=ListOf(Text(1, 512)), logStreamNamePrefix_=Text(1, 512),
           filterPattern_=Text(0, 1024), limit_=Whole(1, MAX_EVENTS), **NAMES)
def filter_log_events(double, _, body):
    streams, names = double.logs.group(body["logGroupName"]), body.get("logStreamNames")
    for name in names or ():
        if name not in streams:
            raise Refusal("ResourceNotFoundException", "The specified log stream does not exist.")
    chosen = [s for n, s in sorted(streams.items()) if (names is None or n in names) and n.startswith(body.get("logStreamNamePrefix", ""))]
    fits, limit, out, after = pattern_of(body.get("filterPattern")), body.get("limit", MAX_EVENTS), [], None
    first, begin = read_token(body["nextToken"], "e")[1] if body.get("nextToken") else ("", 0)
    for stream in chosen:
        if stream.name < first:
            continue
        for at in range(int(begin) if stream.name == first else 0, stream.visible(double.o.log_lag / 1000)):
            event = stream.event(at)
            if not within(stream, at, body) or not fits(event["message"]):
                continue
            if len(out) == limit:
                after = token_of("e", stream.name, at)
                break
            out.append({"logStreamName": stream.name, "eventId": f"{at:056d}", **event})
        if after:
            break
    return {"events": out, "searchedLogStreams": [], **({"nextToken": after} if after else {})}


@operation("DescribeLogStreams", "DescribeLogStreams", logGroupName=Text(1, 512), logStreamNamePrefix_=Text(1, 512), orderBy_=Text(),
           descending_=Of(bool), limit_=Whole(1, 50), nextToken_=Text(1))
def describe_log_streams(double, _, body):
    streams = double.logs.group(body["logGroupName"])
    names = sorted((n for n in streams if n.startswith(body.get("logStreamNamePrefix", ""))), reverse=body.get("descending", False))
    begin = int(read_token(body["nextToken"], "s")[1][0]) if body.get("nextToken") else 0
    end = begin + body.get("limit", 50)
    said = [{"logStreamName": name, "creationTime": int(streams[name].created * 1000), "storedBytes": 0} for name in names[begin:end]]
    return {"logStreams": said, **({"nextToken": token_of("s", end)} if end < len(names) else {})}
