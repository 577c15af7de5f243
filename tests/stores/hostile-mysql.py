# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""A server that speaks enough of MySQL's protocol to be dangerous. Prints its port, and then what it was told.

    hostile-mysql.py HOW

    file      lets anybody in, and asks for /etc/passwd in answer to every statement but the first
    clear     wants the password as it is
    silent    takes the connection and says nothing
    tls       says that it has TLS, and then nothing
    stops     greets, and says nothing from then on
"""
import socket
import struct
import sys

CAPABILITIES = 0x00000001 | 0x200 | 0x8000 | 0x80000 | 0x80 | 0x8  # long password, 4.1, secure, plugin, local files, db


class Client:
    def __init__(self, sock):
        self.sock, self.number = sock, 0

    def read(self):
        head = self.exactly(4)
        self.number = head[3] + 1
        return self.exactly(int.from_bytes(head[:3], "little"))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def write(self, data):
        self.sock.sendall(len(data).to_bytes(3, "little") + bytes([self.number & 255]) + data)
        self.number += 1

    def greet(self, capabilities=CAPABILITIES):
        self.number = 0
        self.write(b"\x0a5.7.99-hostile\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<H", capabilities & 0xFFFF)
                   + b"\x2d" + struct.pack("<H", 2) + struct.pack("<H", capabilities >> 16) + b"\x15" + b"\0" * 10
                   + b"ijklmnopqrst\0" + b"mysql_native_password\0")
        return self.read()

    def ok(self):
        self.write(b"\0\0\0\x02\0\0\0")


def say(*words):
    print(*words, flush=True)


def serve(client, how):
    say("connected")
    if how == "silent":
        client.exactly(1)
    client.greet(CAPABILITIES | (0x800 if how == "tls" else 0))
    say("answered")
    if how == "tls":
        while True:
            client.exactly(1)
    if how == "stops":
        client.exactly(1)
    if how == "clear":
        client.write(b"\xfemysql_clear_password\0")
        say("password", client.read())
    client.ok()
    asked = 0
    while True:
        packet = client.read()
        say("command", packet[0], packet[1:40])
        asked += 1
        if packet[0] == 1:
            return
        if how == "file" and asked > 1:
            client.write(b"\xfb/etc/passwd")
            say("file", client.read())
        client.ok()


def main(how):
    listener = socket.create_server(("127.0.0.1", 0))
    say(listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        with sock:
            try:
                serve(Client(sock), how)
            except (EOFError, OSError):
                say("gone")


main(sys.argv[1])
