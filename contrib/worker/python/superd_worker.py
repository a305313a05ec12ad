# SPDX-License-Identifier: Apache-2.0
"""Lets a Python program take connections from superd (worker = "pass").

The program starts once, and is handed one accepted connection after another:

    import superd_worker

    def serve(conn):
        conn.wfile.write(b"hello\\n")

    superd_worker.run(serve)

run()            one connection at a time
run_threading()  a thread for each connection
run_forking()    a process for each connection
run_async()      a task of asyncio for each connection

The last three serve as many at once as the service has slots. All return when
superd needs the worker no more; the program should end then. serve_async() is
run_async() for a program that has a loop already. PROTOCOL.md, in
the folder above, says what goes on beneath. Standard library only; Python 3.9.
"""

import array
import io
import os
import select
import socket
import sys
import threading

__all__ = ["Connection", "WorkerError", "config", "run", "run_async", "run_forking", "run_threading", "serve_async"]

VERSION = 1  # of the protocol
LARGEST = 65536  # bytes of a message from superd
CHANNEL_FD = 3


class WorkerError(SystemExit):
    """Superd has not started this program, or not as it can work.

    As a SystemExit it ends a program that does not catch it with status 1 and
    its text on standard error, without a traceback.
    """


class _Ended(Exception):
    """The channel has ended: no connection will come any more."""


def config():
    """Give the program's own lines of the service's configuration.

    The result is a list of pairs (key, value) in their order, as a key may come
    several times; dict(config()) has the last of each.
    """
    lines = os.environb.get(b"SUPERD_CONF", b"").decode("utf-8", "surrogateescape").split("\n")
    return [(key, value) for key, _, value in (line.partition(" ") for line in lines) if key]


class Connection:
    """A client's connection. It is closed when the handler has returned.

    socket          the socket itself, which blocks (not with run_async)
    rfile, wfile    files of bytes; what is written is sent at once
    reader, writer  with run_async: asyncio's streams, or None for unixpacket
    id, service     the connection's number, and the service's id
    network         "tcp", "unix" or "unixpacket"
    peer            (address, port) of a tcp client, as strings and numbers; else None
    local           (address, port) that a tcp client connected to; else a path
    uid, gid, pid   who a unix client was when it connected; else None
    conf            what config() gives
    """

    def __init__(self, id, keys, sock, conf):
        self.id = id
        self.socket = sock
        self.conf = conf
        self.service = keys.get("service", "")
        self.network = keys.get("network", "")
        self.peer = _address(keys["peer"]) if "peer" in keys else None
        local = keys.get("local", "")
        self.local = _address(local) if self.network == "tcp" else local
        self.uid, self.gid, self.pid = (int(keys[k]) if k in keys else None for k in ("uid", "gid", "pid"))
        self.reader = self.writer = None
        self._rfile = self._wfile = None

    @property
    def rfile(self):
        if self._rfile is None:
            self._rfile = self.socket.makefile("rb")
        return self._rfile

    @property
    def wfile(self):
        if self._wfile is None:
            self._wfile = _SocketWriter(self.socket)
        return self._wfile

    def close(self):
        """Close the connection; a second time does nothing."""
        if self._rfile is not None:
            self._rfile.close()
        self.socket.close()

    def __str__(self):
        if self.peer is not None:
            client = "%s port %d" % self.peer
        else:
            client = self.network if self.uid is None else "uid %d" % self.uid
        return "connection %d of %s, from %s" % (self.id, self.service, client)


class _SocketWriter(io.BufferedIOBase):
    """Writes whole, and at once: a client that waits for a line gets it."""

    def __init__(self, sock):
        self._socket = sock

    def writable(self):
        return True

    def write(self, data):
        self._socket.sendall(data)
        with memoryview(data) as view:
            return view.nbytes

    def fileno(self):
        return self._socket.fileno()


def _address(text):
    """Take ADDRESS:PORT apart; an IPv6 address stands in brackets."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _decimal(text):
    """Read a number of digits alone; int() would take blanks, signs and _."""
    if not (text.isascii() and text.isdigit()):
        raise WorkerError("%.40r is not a decimal number" % text)
    return int(text)


class _Channel:
    """The worker's end of the socket between it and superd."""

    def __init__(self):
        offered = os.environ.get("SUPERD_WORKER", "")
        if not (offered.isascii() and offered.isdigit() and int(offered) >= 1):
            raise WorkerError(
                'this program is started by superd with worker = "pass"; SUPERD_WORKER is %s. '
                "Try: superd serve --port 7777 --mode prefork --worker pass -- %s"
                % ("%.40r" % offered if offered else "not set", sys.argv[0])
            )
        try:
            self.socket = socket.socket(fileno=CHANNEL_FD)
        except OSError as e:
            raise WorkerError("cannot use superd's channel, descriptor %d: %s" % (CHANNEL_FD, e)) from None
        if self.socket.family != socket.AF_UNIX or self.socket.type != socket.SOCK_SEQPACKET:
            self.socket.detach()  # whose it is we do not know
            raise WorkerError("descriptor %d is not superd's channel" % CHANNEL_FD)
        self.socket.set_inheritable(False)
        self.conf = config()
        self._offered = int(offered)

    def start(self, most=None):
        """Read hello and send ready. most: how many connections can be held."""
        verb, keys, fd = self._receive()
        _close(fd)
        if verb != "hello":
            raise WorkerError('superd\'s first message is %.40r, not "hello"' % verb)
        slots = _decimal(keys.get("slots", "1"))
        if most is not None and slots > most:
            raise WorkerError("the service has slots = %d, and run() serves one connection at a time: use run_threading(), run_forking() or run_async()" % slots)
        higher = max(self._offered, _decimal(keys.get("version", ""))) > VERSION
        self._send("ready\nversion=%d\n" % VERSION if higher else "ready\n")

    def next(self):
        """Wait for a connection and take it; _Ended if none will come."""
        while True:
            conn = self.receive()
            if conn is not None:
                return conn

    def receive(self):
        """Receive one message: a connection, which is taken, or None."""
        verb, keys, fd = self._receive()
        if verb != "conn":
            _close(fd)
            return None
        try:
            id = _decimal(keys.get("id", ""))
            if fd is None:
                raise WorkerError("cannot take connection %d: it came without its descriptor: too many open files?" % id)
            conn = Connection(id, keys, None, self.conf)
        except BaseException:
            _close(fd)
            raise
        self._send("taken %d\n" % id)
        try:
            conn.socket = socket.socket(fileno=fd)
        except OSError:
            _close(fd)
            self._send("done %d\n" % id)
            raise
        return conn

    def done(self, conn):
        """Close a connection and tell superd."""
        try:
            conn.close()
        except OSError:
            pass  # the descriptor is gone all the same
        self._send("done %d\n" % conn.id)

    def close(self):
        self.socket.close()

    def _send(self, text):
        try:
            # Python ignores SIGPIPE unless the program wants it.
            self.socket.send(text.encode(), socket.MSG_NOSIGNAL)
        except OSError:
            pass  # superd is gone, and what is held is served all the same

    def _receive(self):
        size = socket.CMSG_SPACE(array.array("i").itemsize)
        try:
            data, control, flags, _ = self.socket.recvmsg(LARGEST, size, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            # superd died with messages of ours unread; what it had sent before
            # is still to be had.
            data, control, flags, _ = self.socket.recvmsg(LARGEST, size, socket.MSG_CMSG_CLOEXEC)
        fds = array.array("i")
        for level, kind, body in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(body[: len(body) - len(body) % fds.itemsize])
        for surplus in fds[1:]:
            _close(surplus)
        fd = fds[0] if fds else None
        if not data:
            raise _Ended
        if flags & socket.MSG_TRUNC:
            _close(fd)
            raise WorkerError("superd's message has more than %d bytes" % LARGEST)
        verb, *lines = data.decode("utf-8", "surrogateescape").split("\n")
        keys = {}
        for line in lines:
            key, equals, value = line.partition("=")
            if equals:
                keys.setdefault(key, value)
        return verb, keys, fd


def _close(fd):
    if fd is not None:
        os.close(fd)


def _is_dequeue(dequeue):
    """Tell whether this is the program's periodic work; do it if so."""
    if os.environ.get("SUPERD_WORKER") != "dequeue":
        return False
    if dequeue is None:
        raise WorkerError("superd has started this program for its periodic work, and run() was given none: give dequeue=, or take dequeue from the service")
    dequeue()
    return True


def _report(conn):
    """Write the exception that a handler ended with to the log."""
    import traceback  # not before it is needed: a worker's start is short

    kind, error, _ = sys.exc_info()
    try:
        if issubclass(kind, ConnectionError):  # clients come and go
            print("%s: %s" % (conn, error), file=sys.stderr, flush=True)
        else:
            print("%s:\n%s" % (conn, traceback.format_exc()), end="", file=sys.stderr, flush=True)
    except OSError:
        pass  # the log has no reader any more


def _serve(handler, conn):
    try:
        handler(conn)
    except Exception:
        _report(conn)


def run(handler, dequeue=None):
    """Serve one connection at a time: call handler(conn) for each.

    An exception goes to standard error with the connection, and the worker goes
    on; SystemExit ends it when the connection is closed. dequeue() is called
    instead, once, when superd starts the program for its periodic work.
    WorkerError: superd has not started this program as a worker.
    """
    if _is_dequeue(dequeue):
        return
    channel = _Channel()
    try:
        channel.start(most=1)
        while True:
            conn = channel.next()
            try:
                _serve(handler, conn)
            finally:
                channel.done(conn)
    except _Ended:
        pass
    finally:
        channel.close()


def run_threading(handler, dequeue=None):
    """As run(), with a thread for each connection."""
    if _is_dequeue(dequeue):
        return
    channel = _Channel()
    threads = []

    def serve(conn):
        try:
            _serve(handler, conn)
        finally:
            channel.done(conn)

    try:
        channel.start()
        while True:
            conn = channel.next()
            threads = [t for t in threads if t.is_alive()]
            thread = threading.Thread(target=serve, args=(conn,), name="connection %d" % conn.id)
            try:
                thread.start()
            except RuntimeError:  # there can be no more threads
                _report(conn)
                channel.done(conn)
            else:
                threads.append(thread)
    except _Ended:
        pass
    finally:
        for thread in threads:
            thread.join()
        channel.close()


def run_forking(handler, dequeue=None):
    """As run(), with a process for each connection.

    What the program has loaded is there in each, and what a handler does to it,
    or to its process, ends with the connection.
    """
    if _is_dequeue(dequeue):
        return
    channel = _Channel()
    children = _Children(channel, handler)
    try:
        channel.start()
        children.poll.register(channel.socket, select.POLLIN)
        while True:
            for fd, _ in children.poll.poll():
                if fd != channel.socket.fileno():
                    children.reap(fd)
                    continue
                conn = channel.receive()
                if conn is not None:
                    children.start(conn)
    except _Ended:
        pass
    finally:
        children.wait()
        channel.close()


class _Children:
    """The processes of run_forking, each with its connection."""

    def __init__(self, channel, handler):
        self.poll = select.poll()
        self._channel = channel
        self._handler = handler
        self._running = {}  # pidfd: (process, connection)

    def start(self, conn):
        sys.stdout.flush()  # or parent and child would both write it
        sys.stderr.flush()
        try:
            process = os.fork()
        except OSError:
            _report(conn)
            self._channel.done(conn)
            return
        if process == 0:
            self._child(conn)
        conn.close()
        try:
            pidfd = os.pidfd_open(process)
        except OSError:  # no descriptor is left: no other work until this is done
            self._ended(process, conn)
            return
        self._running[pidfd] = process, conn
        self.poll.register(pidfd, select.POLLIN)

    def reap(self, pidfd):
        process, conn = self._running.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        self._ended(process, conn)

    def wait(self):
        while self._running:
            self.reap(next(iter(self._running)))

    def _ended(self, process, conn):
        try:
            os.waitpid(process, 0)
        except ChildProcessError:
            pass  # the program has SIGCHLD ignored
        self._channel.done(conn)

    def _child(self, conn):
        status = 1
        try:
            self._channel.close()
            for pidfd in self._running:
                os.close(pidfd)
            _serve(self._handler, conn)
            conn.close()
            status = 0
        finally:
            # Not the parent's way out: its finally blocks and atexit are its own.
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)


def run_async(handler, dequeue=None):
    """As run(), with a task for each connection: handler is a coroutine function.

    dequeue() is an ordinary function.
    """
    if not _is_dequeue(dequeue):
        import asyncio  # half of a program's start; who uses run() need not wait for it

        asyncio.run(serve_async(handler))


async def serve_async(handler):
    """Do what run_async() does in the loop that runs."""
    import asyncio

    loop = asyncio.get_running_loop()
    channel = _Channel()
    ended = loop.create_future()
    tasks = set()

    def readable():
        try:
            conn = channel.receive()
        except BaseException as e:
            loop.remove_reader(channel.socket)
            if not ended.done():
                ended.set_exception(_Ended() if isinstance(e, _Ended) else _Failed(e))
            return
        if conn is not None:
            task = loop.create_task(_serve_async(channel, handler, conn))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    try:
        channel.start()
        loop.add_reader(channel.socket, readable)
        await ended
    except _Ended:
        pass
    except _Failed as e:
        raise e.args[0] from None
    finally:
        loop.remove_reader(channel.socket)
        if tasks:
            await asyncio.wait(tasks)
        channel.close()


class _Failed(Exception):
    """Carries a SystemExit, which a future would not."""


async def _serve_async(channel, handler, conn):
    import asyncio

    try:
        conn.socket.setblocking(False)
        if conn.socket.type != socket.SOCK_STREAM:
            await handler(conn)
            return
        conn.reader, conn.writer = await asyncio.open_connection(sock=conn.socket)
        try:
            await handler(conn)
        except BaseException:
            conn.writer.transport.abort()  # not wait for a client that does not read
            raise
        conn.writer.close()
        await conn.writer.wait_closed()
    except Exception:
        _report(conn)
    finally:
        channel.done(conn)
