#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends each client what it receives.

    superd serve --port 7777 --mode prefork --worker pass -- ./echo.py

With --slots 20 on superd's side: ./echo.py threading, forking or async.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import superd_worker


def echo(conn):
    while True:
        data = conn.socket.recv(65536)
        if not data:
            return
        conn.socket.sendall(data)


async def echo_async(conn):
    if conn.socket.type == socket.SOCK_SEQPACKET:
        await echo_packets(conn)
        return
    while True:
        data = await conn.reader.read(65536)
        if not data:
            return
        conn.writer.write(data)
        await conn.writer.drain()


async def echo_packets(conn):
    import asyncio

    loop = asyncio.get_running_loop()
    while True:
        data = await loop.sock_recv(conn.socket, 65536)
        if not data:
            return
        await loop.sock_sendall(conn.socket, data)


if __name__ == "__main__":
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind == "threading":
        superd_worker.run_threading(echo)
    elif kind == "forking":
        superd_worker.run_forking(echo)
    elif kind == "async":
        superd_worker.run_async(echo_async)
    elif kind == "":
        superd_worker.run(echo)
    else:
        sys.exit("usage: echo.py [threading|forking|async]")
