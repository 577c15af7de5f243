#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""Tests of the proxy that cuts connections. Speaks TAP."""
import hashlib, select, signal, socket, subprocess, sys, threading, time
from pathlib import Path

import proxy
from tap import equal, ok, run

NOISE = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(10000))     # 320,000 bytes
SIZES = (1, 5, 4096, 65535, 65536, 65537, 200001)


# ---- what is cut ----

def cuts(*words, n=5):
    o = proxy.options(["--to", "h:1", *words])
    return [proxy.cut_of(o, number) for number in range(1, n + 1)]


def test_options():
    equal(cuts(), [None] * 5, "without an option nothing is cut")
    equal(cuts("--cut-after", "7"), [7] + [None] * 4, "one cut")
    equal(cuts("--cut-after", "0", "--connections", "3"), [0] * 3 + [None] * 2, "of the first connections")
    equal(cuts("--cut-after", "7", "--connections", "0"), [7] * 5, "of all")
    equal(cuts("--cut-after", "7,9,8"), [7, 9, 8, None, None], "a list")
    equal(cuts("--cut-after", "7,9", "--connections", "4"), [7, 9, 9, 9, None], "whose last is that of the rest")
    equal(cuts("--cut-every", "10", "--connections", "3"), [10, 20, 30, None, None], "a sweep")
    equal(cuts("--cut-every", "10", "--cut-after", "5", "--connections", "0"), [5, 15, 25, 35, 45], "that begins somewhere")


# ---- the wire ----

class Server:
    """Sends `say` to each connection as soon as it is made, and keeps what it gets and how that ended."""

    def __init__(self, say=b"", unix=None):
        self.say, self.got, self.threads = say, [], []
        self.socket = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.socket.bind(unix or ("127.0.0.1", 0))
        self.socket.listen()
        self.address = ["--to-unix", unix] if unix else ["--to", "127.0.0.1:%d" % self.socket.getsockname()[1]]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.got.append([b"", ""])
            thread = threading.Thread(target=self.serve, args=(connection, self.got[-1]), daemon=True)
            thread.start()
            self.threads.append(thread)

    def serve(self, connection, kept):
        kept[:] = talk(connection, self.say)

    def finished(self, n):
        """What has come on `n` connections, when they all have ended."""
        wait_for(lambda: len(self.threads) >= n)
        for thread in self.threads:
            thread.join()
        return [tuple(kept) for kept in self.got]


class Proxy:
    def __init__(self, *words):
        Path("log").unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, str(Path(proxy.__file__)), "--log", "log", *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def talk(self, say=b""):
        return talk(self.connect(), say)


def talk(connection, say):
    """Sends and receives at the same time till both have ended; what came, and how it ended."""
    got, was_reset = [], False
    reading = threading.Thread(target=lambda: got.extend(read_all(connection)))
    reading.start()
    try:
        connection.sendall(say)
        connection.shutdown(socket.SHUT_WR)
    except (ConnectionResetError, BrokenPipeError):     # a reset is told once, to whoever asks first
        was_reset = True
    except OSError:
        pass
    reading.join()
    connection.close()
    return got[0], "reset" if was_reset else got[1]


def read_all(connection):
    got = bytearray()
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return bytes(got), "reset"
        if not piece:
            return bytes(got), "end"
        got += piece


def wait_for(true):
    end = time.monotonic() + 60
    while not true():
        if time.monotonic() > end:
            print("Bail out! waited in vain for", true)
            sys.exit(1)
        time.sleep(0.005)


def log():
    return [line.split() for line in Path("log").read_text().splitlines()]


def logged(n):
    wait_for(lambda: len(log()) >= n)
    return log()


def test_faithful():
    server = Server(NOISE)
    with Proxy(*server.address) as p:
        equal(p.talk(NOISE[::-1]), (NOISE, "end"), "all of it comes down")
        equal(server.finished(1), [(NOISE[::-1], "end")], "and goes up")
        equal(logged(1), [["1", str(len(NOISE)), str(len(NOISE)), "end"]], "and is counted")
        slow = p.connect()
        equal([p.talk(b"x%d" % i)[0] == NOISE for i in range(3)], [True] * 3, "while one connection is open others are served")
        slow.shutdown(socket.SHUT_WR)
        equal(read_all(slow), (NOISE, "end"), "a half that is closed does not close the other")
    ok(len(log()) == 5, "each has its line")


def test_down():
    server = Server(NOISE)
    with Proxy(*server.address, "--cut-after", ",".join(map(str, (0, *SIZES)))) as p:
        for size in (0, *SIZES):
            got = p.talk()
            equal((got[0] == NOISE[:size], len(got[0]), got[1]), (True, size, "reset"), f"{size} bytes down, then a reset")
        equal(p.talk(), (NOISE, "end"), "and then all")
        equal([line[2:] for line in log()[:len(SIZES) + 1]], [[str(size), "reset"] for size in (0, *SIZES)], "as the log says")


def test_up():
    server = Server()
    with Proxy(*server.address, "--cut-after", ",".join(map(str, SIZES)), "--direction", "up") as p:
        for size in SIZES:
            p.talk(NOISE)
        p.talk(NOISE)
        equal([(len(got), how) for got, how in server.finished(len(SIZES) + 1)],
              [(size, "reset") for size in SIZES] + [(len(NOISE), "end")], "as many bytes go up, then a reset")
        ok(all(NOISE.startswith(got) for got, _ in server.got), "the right ones")


def test_close():
    server = Server(NOISE)
    with Proxy(*server.address, "--close", "--cut-every", "50000", "--connections", "2") as p:
        equal([(len(got), how) for got, how in (p.talk(), p.talk(), p.talk())],
              [(50000, "end"), (100000, "end"), (len(NOISE), "end")], "closed in order, at each later place")
    with Proxy(*server.address, "--close", "--cut-after", "10") as p:
        connection = p.connect()
        connection.settimeout(60)
        equal(read_all(connection), (NOISE[:10], "end"), "by the proxy first")
        connection.close()
    server = Server()
    with Proxy(*server.address, "--close", "--cut-after", "10", "--direction", "up") as p:
        equal(p.talk(NOISE * 20), (b"", "end"), "upwards too, which the client may finish first")
        equal(server.finished(1), [(NOISE[:10], "end")], "while the server has what it should")


def test_hang():
    server = Server(NOISE)
    with Proxy(*server.address, "--hang", "--cut-after", "1000") as p:
        connection = p.connect()
        wait_for(lambda: log() == [["1", "0", "1000", "hang"]])
        got = connection.recv(1000, socket.MSG_WAITALL)
        equal((got, select.select([connection], [], [], 0)[0]), (NOISE[:1000], []), "a connection that hangs is silent")
        connection.sendall(NOISE)
        ok(True, "takes what it is sent")
        connection.close()
        equal([got for got, _ in server.finished(1)], [b""], "which goes nowhere; closed here, it is closed there")
        equal(p.talk(), (NOISE, "end"), "the next one is whole")


def test_unix():
    server = Server(NOISE, unix="s")
    with Proxy(*server.address, "--cut-after", "70000") as p:
        equal(len(p.talk(b"x")[0]), 70000, "a server with a path")
        equal(p.talk(b"x"), (NOISE, "end"), "is forwarded to as well")
        equal([got for got, _ in server.finished(2)][1], b"x", "in both directions")


def test_ends():
    gone = socket.create_server(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    with Proxy("--to", f"127.0.0.1:{port}") as p:
        equal(p.talk(), (b"", "reset"), "no server: reset")
        equal(log(), [["1", "0", "0", "refused"]], "which is said")
    server = Server(NOISE)
    with Proxy(*server.address) as p:
        connection = p.connect()
        connection.recv(10)
        p.process.send_signal(signal.SIGTERM)
        equal(p.process.wait(), 0, "it ends by SIGTERM")
        equal([(line[0], line[3]) for line in log()], [("1", "stop")], "with a line for what was open")
        read_all(connection)
        connection.close()
    with Proxy(*server.address, "--stdin") as p:
        p.process.stdin.close()
        equal(p.process.wait(), 0, "and with its standard input")
    client = socket.create_server(("127.0.0.1", 0))
    with Proxy("--to", "127.0.0.1:%d" % client.getsockname()[1]) as p:
        connection = p.connect()
        connection.sendall(b"x")
        far, _ = client.accept()
        far.recv(1)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()
        equal(read_all(connection), (b"", "reset"), "a reset is passed on")
        equal(logged(1), [["1", "1", "0", "error"]], "and known from an end")


run(test_options, test_faithful, test_down, test_up, test_close, test_hang, test_unix, test_ends)
