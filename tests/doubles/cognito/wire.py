# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""HTTP/1.1 with keep-alive on one thread. It knows nothing of what is asked; serve(request) answers or promises to."""
import asyncio, socket, struct
from collections import namedtuple
from http import HTTPStatus

MAX_HEAD, MAX_BODY = 64 << 10, 128 << 20
REASONS = {status.value: status.phrase for status in HTTPStatus}

# path is as it came; header names are in small letters, one that came twice is joined by a comma.
Request = namedtuple("Request", "method path query headers body")
# reset: the connection is cut instead; delay: seconds till it is sent; raw: sent instead of all of it.
Reply = namedtuple("Reply", "status body headers reset delay raw", defaults=(b"", (), False, 0.0, None))


def head_of(raw):
    lines = raw.decode("latin-1").split("\r\n")
    method, target, version = lines[0].split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise ValueError(line)
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path, _, query = target.partition("?")
    return method, path, query, headers


class Connection(asyncio.Protocol):
    """One request after the other; what comes while one is answered waits in the buffer."""

    def __init__(self, serve, date, done):
        self.serve, self.date, self.done = serve, date, done
        self.buffer, self.head, self.busy, self.continued = bytearray(), None, False, False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.buffer += data
        self.go_on()

    def go_on(self):
        while not self.busy and not self.transport.is_closing():
            request = self.next_request()
            if request is None:
                return
            self.answer(request)

    def read_head(self):
        """True when the head is there; the body begins the buffer then."""
        if self.head:
            return True
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                self.refuse(400)
            return False
        try:
            self.head = head_of(bytes(self.buffer[:end]))
            self.n_body = int(self.head[3].get("content-length", 0))
        except ValueError:
            self.refuse(400)
            return False
        del self.buffer[:end + 4]
        return True

    def next_request(self):
        if not self.read_head():
            return None
        headers = self.head[3]
        if "transfer-encoding" in headers:
            return self.refuse(501)
        if self.n_body > MAX_BODY or self.n_body < 0:
            return self.refuse(413)
        if len(self.buffer) < self.n_body:
            if headers.get("expect", "").lower() == "100-continue" and not self.continued:
                self.continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        request = Request(*self.head, bytes(memoryview(self.buffer)[:self.n_body]))
        del self.buffer[:self.n_body]
        self.head, self.continued = None, False
        return request

    def refuse(self, status):
        self.send(Reply(status), True)

    def answer(self, request):
        reply = self.serve(request)
        close = request.headers.get("connection", "").lower() == "close"
        if not reply.delay:
            self.send(reply, close)
            self.done(request)
            return
        self.busy = True
        asyncio.get_running_loop().call_later(reply.delay, self.send_later, request, reply, close)

    def send_later(self, request, reply, close):
        self.busy = False
        self.done(request)
        if not self.transport.is_closing():
            self.send(reply, close)
            self.go_on()

    def send(self, reply, close):
        if reply.reset:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        if reply.raw is not None:
            self.transport.write(reply.raw)
            self.transport.close()
            return
        lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, '')}", f"Date: {self.date()}",
                 f"Content-Length: {len(reply.body)}", *(f"{name}: {value}" for name, value in reply.headers)]
        if close:
            lines.append("Connection: close")
        self.transport.write("\r\n".join((*lines, "", "")).encode("latin-1") + reply.body)
        if close:
            self.transport.close()
