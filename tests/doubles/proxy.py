#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A TCP proxy that cuts connections after an exact number of bytes, whatever is spoken on them.

usage: proxy.py --to HOST:PORT [options]     prints its port on 127.0.0.1, forwards until SIGTERM
       proxy.py --to-unix PATH [options]     (with --stdin: or till that ends)

What is cut, and where:

  --cut-after N[,M...]   the first connection after N bytes, the second after M, and so on; those beyond the list
                         as its last. Without it nothing is cut. 0: as soon as it is made
  --cut-every N          each N bytes later than the one before (the first after N, or as --cut-after says): a sweep,
                         which wants --connections
  --direction down       counts what the server sends (down, the default) or the client (up)
  --connections K        cuts the first K connections, and forwards all later ones faithfully. As many as
                         --cut-after lists unless said; 0: all of them

How, after exactly so many bytes have arrived at the other side, and not one more:

  --reset   RST to both sides, as of a machine that was restarted (the default)
  --close   FIN to both sides, as of a program that hangs up; what they still send is swallowed until they close too
  --hang    nothing: both sides see a connection that is silent. What the client still sends is swallowed; when it
            closes, the server's side is closed too

A connection that is shorter is forwarded as it is, each half until its end. A server that is not there: RST.

  --log FILE   a line for each connection at its end, before that is seen from outside when it is cut: number
               from 1, bytes up, bytes down, and how it ended: end, reset, close, hang, error (one of the sides
               was reset), refused (no server), stop (of the proxy)
"""
import argparse, asyncio, contextlib, fcntl, signal, socket, struct, termios

CHUNK = 1 << 16


def list_of_sizes(text):
    sizes = [int(word) for word in text.split(",")]
    if min(sizes) < 0:
        raise ValueError(text)
    return sizes


def host_and_port(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def options(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--to", type=host_and_port)
    to.add_argument("--to-unix")
    parser.add_argument("--cut-after", type=list_of_sizes, default=[])
    parser.add_argument("--cut-every", type=int, default=0)
    parser.add_argument("--direction", choices=("down", "up"), default="down")
    parser.add_argument("--connections", type=int)
    for how in ("reset", "close", "hang"):
        parser.add_argument(f"--{how}", dest="how", action="store_const", const=how, default="reset")
    parser.add_argument("--log")
    parser.add_argument("--stdin", action="store_true")
    o = parser.parse_args(words)
    if o.cut_every and o.connections is None:
        parser.error("--cut-every wants --connections")
    if o.cut_every and not o.cut_after:
        o.cut_after = [o.cut_every]
    if o.connections is None:
        o.connections = len(o.cut_after)
    return o


def cut_of(o, number):
    """After how many bytes connection `number`, from 1, is cut; None: never."""
    if not o.cut_after or (o.connections and number > o.connections):
        return None
    listed = o.cut_after[min(number, len(o.cut_after)) - 1]
    return listed + o.cut_every * (number - 1)


class Side:
    """One of the two ends of a connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        writer.transport.set_write_buffer_limits(0)     # drain() returns when the kernel has it all
        self.socket = writer.get_extra_info("socket")

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def arrived(self):
        """Returns when the other side's kernel has all that was sent: a reset would overtake it."""
        while self.socket.family != socket.AF_UNIX and struct.unpack("i", fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, bytes(4)))[0]:
            await asyncio.sleep(0.001)

    def reset(self):
        with contextlib.suppress(OSError):          # it may be closed already
            if self.socket.family != socket.AF_UNIX:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def end(self):
        with contextlib.suppress(OSError):
            self.writer.write_eof()

    async def swallow(self):
        with contextlib.suppress(OSError):
            while await self.reader.read(CHUNK):
                pass

    def close(self):
        self.writer.close()


class Connection:
    def __init__(self, number, o, log):
        self.number, self.cut, self.o, self.log = number, cut_of(o, number), o, log
        self.n_bytes = {"up": 0, "down": 0}
        self.reached = asyncio.Event()      # the cut

    async def pump(self, direction, source, target):
        """Forwards one direction till its end, or forever stops at the cut."""
        counts = direction == self.o.direction and self.cut is not None
        while not self.reached.is_set():
            n_left = self.cut - self.n_bytes[direction] if counts else CHUNK
            if n_left == 0:
                await target.arrived()
                self.reached.set()
                return
            data = await source.reader.read(min(n_left, CHUNK))
            if self.reached.is_set():       # the other direction got there first
                return
            if not data:
                target.end()
                return
            self.n_bytes[direction] += len(data)
            await target.send(data)

    async def forward(self, client, server):
        """Till both directions have ended or the cut is reached; returns how it ended."""
        pumps = [asyncio.ensure_future(self.pump("up", client, server)), asyncio.ensure_future(self.pump("down", server, client))]
        cut = asyncio.ensure_future(self.reached.wait())
        both = asyncio.gather(*pumps)
        try:
            await asyncio.wait([both, cut], return_when=asyncio.FIRST_COMPLETED)
            if self.reached.is_set():
                return self.o.how
            both.result()                   # raises what ended it
            return "end"
        except OSError:
            return "error"
        finally:
            for task in (*pumps, cut):
                task.cancel()
            await asyncio.gather(*pumps, cut, both, return_exceptions=True)

    async def connect(self):
        if self.o.to_unix:
            return Side(*await asyncio.open_unix_connection(self.o.to_unix))
        return Side(*await asyncio.open_connection(*self.o.to))

    def record(self, how):
        if self.log:
            print(self.number, self.n_bytes["up"], self.n_bytes["down"], how, file=self.log)

    async def run(self, client):
        how, sides = "stop", [client]
        try:
            sides.append(await self.connect())
            how = await self.forward(*sides)
        except OSError:
            how = "refused"
        finally:
            self.record(how)
            try:
                await self.linger(how, *sides)
            finally:
                for side in sides:
                    side.reset() if how in ("reset", "error", "refused") else side.close()

    async def linger(self, how, client, server=None):
        """Closed with something unread, a connection would be reset."""
        if how == "hang":
            await client.swallow()
        elif how == "close":
            client.end()
            server.end()
            await asyncio.gather(client.swallow(), server.swallow())


class Proxy:
    def __init__(self, o):
        self.o, self.n, self.running = o, 0, set()
        self.log = open(o.log, "a", buffering=1, encoding="ascii") if o.log else None

    async def accept(self, reader, writer):
        self.n += 1
        self.running.add(asyncio.current_task())
        with contextlib.suppress(asyncio.CancelledError):
            await Connection(self.n, self.o, self.log).run(Side(reader, writer))
        self.running.discard(asyncio.current_task())

    async def serve(self):
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0, limit=CHUNK, backlog=1024)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        if self.o.stdin:
            loop.add_reader(0, ended.set)
        print(server.sockets[0].getsockname()[1], flush=True)
        await ended.wait()
        server.close()
        for task in list(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(Proxy(options()).serve())
