"""Answers with what it is sent."""

import socket
import sys
import threading


def echo(one: socket.socket) -> None:
    with one:
        while piece := one.recv(65536):
            one.sendall(piece)


listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
