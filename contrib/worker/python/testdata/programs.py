# SPDX-License-Identifier: Apache-2.0
"""Workers for python_test.go; the argument says which."""

import asyncio
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import superd_worker


def facts(conn):
    conn.wfile.write(
        ("%r\n" % [conn.id, conn.service, conn.network, conn.peer, conn.local, conn.uid, conn.gid, conn.pid, conn.conf]).encode(
            "utf-8", "surrogateescape"
        )
    )


async def facts_async(conn):
    facts_of = [conn.id, conn.peer, conn.conf]
    conn.writer.write(("%r\n" % facts_of).encode())  # sent by the library's close


def lines(conn):
    for line in conn.rfile:
        conn.wfile.write(line.upper())


def fails(conn):
    conn.close()  # as a handler may
    raise ValueError("out of cheese")


async def fails_async(conn):
    conn.writer.write(b"x" * 10_000_000)  # more than a client that does not read takes
    raise ValueError("out of cheese")


def hangs_up(conn):
    raise BrokenPipeError("gone")


def leaves(conn):
    conn.wfile.write(b"bye\n")
    sys.exit(3)


def kills_itself(conn):
    conn.socket.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


counter = 0


def counts(conn):
    global counter
    counter += 1
    conn.wfile.write(b"%d\n" % counter)


def work():
    print("the queue is empty", file=sys.stderr)


async def loop():
    await asyncio.sleep(0)
    await superd_worker.serve_async(facts_async)


programs = {
    "facts": lambda: superd_worker.run(facts),
    "facts-async": lambda: superd_worker.run_async(facts_async),
    "facts-loop": lambda: asyncio.run(loop()),
    "lines": lambda: superd_worker.run(lines),
    "fails": lambda: superd_worker.run(fails),
    "fails-threading": lambda: superd_worker.run_threading(fails),
    "fails-forking": lambda: superd_worker.run_forking(fails),
    "fails-async": lambda: superd_worker.run_async(fails_async),
    "hangs-up": lambda: superd_worker.run(hangs_up),
    "leaves": lambda: superd_worker.run(leaves),
    "kills-itself": lambda: superd_worker.run_forking(kills_itself),
    "counts": lambda: superd_worker.run(counts),
    "counts-forking": lambda: superd_worker.run_forking(counts),
    "dequeue": lambda: superd_worker.run(facts, dequeue=work),
    "dequeue-threading": lambda: superd_worker.run_threading(facts, dequeue=work),
    "dequeue-forking": lambda: superd_worker.run_forking(facts, dequeue=work),
    "dequeue-async": lambda: superd_worker.run_async(facts_async, dequeue=work),
}

if __name__ == "__main__":
    programs[sys.argv[1]]()
