#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Greets each client in one line.

    superd serve --port 7777 --mode prefork --worker pass -- ./greeting.py
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import superd_worker

greeting = dict(superd_worker.config()).get("greeting", "Hello")


def serve(conn):
    client = conn.peer[0] if conn.peer else "neighbour"
    conn.wfile.write(("%s, %s!\n" % (greeting, client)).encode())


if __name__ == "__main__":
    superd_worker.run(serve)
