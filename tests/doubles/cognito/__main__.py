#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Starts the double; options.py says what of."""
import asyncio, json, signal, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from cognito import control, options  # noqa: E402
from cognito.double import Double     # noqa: E402
from cognito.wire import Connection   # noqa: E402


def make(o):
    double = Double(o)
    for text in o.key or [options.DEFAULT_KEY]:
        double.credentials.add(*text.split(":", 2))
    for name in o.pool:
        double.add_pool({"Id": name, **options.DEFAULT_POOL})
    for name in o.pools:
        said = json.loads(Path(name).read_text(encoding="utf-8"))
        for one in said if isinstance(said, list) else [said]:
            double.add_pool(one)
    double.roles = {arn: {} for arn in o.role}
    double.web_tokens, double.buckets = set(o.web_token), {name: {} for name in o.bucket}
    double.faults.set(o.rules)
    return double


async def serve(double):
    loop = asyncio.get_running_loop()
    double.later = loop.call_later

    def answer(request):
        return control.serve(double, request) if request.path.startswith(control.PREFIX) else double.serve(request)

    def connected():
        double.records.connections += 1
        return Connection(answer, double.clock.date, double.done)
    server = await loop.create_server(connected, "127.0.0.1", double.o.port, backlog=1024)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if double.o.stdin:
        loop.add_reader(0, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()
    double.records.said()


if __name__ == "__main__":
    asyncio.run(serve(make(options.read())))
