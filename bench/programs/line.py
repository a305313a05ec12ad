# SPDX-License-Identifier: Apache-2.0
"""The pools' handler: reads a line, answers with it, closes. One program for each
way in which a client can come: passed by superd, accepted here, or as standard
input and output.
"""

import os
import sys

if "imports" in sys.argv:  # what a script of this kind usually needs
    import argparse, configparser, datetime, json, logging, re, subprocess, urllib.parse


def answer(rfile, wfile):
    wfile.write(rfile.readline())
    wfile.flush()


def passed():
    import superd_worker

    superd_worker.run(lambda conn: answer(conn.rfile, conn.wfile))


def accepted():
    import socket

    status = int(os.environ["SUPERD_STATUS_FD"])
    wanted = os.environ.get("SUPERD_REPORTS") != "no"

    def report(what):
        if wanted:
            os.write(status, what)

    listener = socket.socket(fileno=0)
    while True:
        client, _ = listener.accept()
        report(b"STATUS=busy\n")
        with client, client.makefile("rwb") as stream:
            answer(stream, stream)
        report(b"STATUS=idle\n")


if "SUPERD_WORKER" in os.environ:
    passed()
elif "SUPERD_STATUS_FD" in os.environ:
    accepted()
else:
    answer(sys.stdin.buffer, sys.stdout.buffer)
