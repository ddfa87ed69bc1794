#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Services on this host's loopback that write to a file who reached them, and a name server on 127.0.0.53. Usage: loopback-services.py FILE"""
import selectors
import socket
import struct
import sys


def name_server(query: bytes) -> bytes:
    """An answer to any question: 192.0.2.77 for IPv4, nothing for the rest."""
    end = query.index(b"\0", 12) + 5
    is_a = query[end - 4:end - 2] == b"\0\1"
    header = query[:2] + struct.pack("!HHHHH", 0x8180, 1, int(is_a), 0, 0)
    answer = b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", 60, 4) + socket.inet_aton("192.0.2.77")
    return header + query[12:end] + (answer if is_a else b"")


def main() -> None:
    log = open(sys.argv[1], "a", buffering=1, encoding="ascii")
    poll = selectors.DefaultSelector()
    for name, address, port in ("loopback", "127.0.0.1", 9999), ("loopback", "::1", 9999), ("control", "192.0.2.2", 9998), \
            ("names", "127.0.0.53", 53):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            service = socket.socket(family, kind)
            service.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            service.bind((address, port))
            if kind == socket.SOCK_STREAM:
                service.listen()
            poll.register(service, selectors.EVENT_READ, name)
    print("ready", flush=True)
    while True:
        for key, _ in poll.select():
            service = key.fileobj
            if service.type == socket.SOCK_STREAM:
                service.accept()[0].close()
                log.write(f"{key.data} TCP\n")
                continue
            datagram, peer = service.recvfrom(4096)
            if key.data == "names":
                service.sendto(name_server(datagram), peer)
            else:
                log.write(f"{key.data} UDP\n")


main()
