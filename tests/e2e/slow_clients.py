"""A crowd of slow clients at a port, all at once: slow_clients.py PORT CLIENTS FIRST, until standard input ends.

Each begins one of STARTS and does not go on. One that is cut is replaced by another at once, from another address of 127/8
(numbers from FIRST on). Says "here" when all were opened, and at the end a JSON object of what became of them.
"""
import errno
import json
import resource
import select
import socket
import sys

STARTS = (b"", b"G", b"GET /v1/status HTTP/1.1\r\n", b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX: ",
          b"PUT /v1/domains/example.test/override HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          b"Content-Length: 100\r\n\r\n{", b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
          b"GET /v1/events?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)


class Crowd:
    def __init__(self, port, clients, first):
        self.port, self.clients, self.n = port, clients, first
        self.poll = select.epoll()
        self.open, self.pending = {}, set()
        self.tally = {"opened": 0, "connected": 0, "cut": 0, "most_connected": 0}

    def add(self):
        self.n += 1
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.setblocking(False)
        sock.bind((f"127.{16 + self.n // 62500 % 200}.{self.n // 250 % 250}.{1 + self.n % 250}", 0))
        code = sock.connect_ex(("127.0.0.1", self.port))
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            return
        self.open[sock.fileno()] = sock, STARTS[self.n % len(STARTS)]
        self.pending.add(sock.fileno())
        self.poll.register(sock.fileno(), select.EPOLLOUT | select.EPOLLRDHUP)
        self.tally["opened"] += 1

    def begin(self, fd):
        sock, start = self.open[fd]
        self.pending.discard(fd)
        self.tally["connected"] += 1
        self.tally["most_connected"] = max(self.tally["most_connected"], len(self.open) - len(self.pending))
        try:
            sock.send(start)
        except OSError:
            pass
        self.poll.modify(fd, select.EPOLLRDHUP)  # what is sent to it, it does not read

    def end(self, fd):
        self.poll.unregister(fd)
        self.open.pop(fd)[0].close()
        self.pending.discard(fd)
        self.tally["cut"] += 1

    def run(self):
        said = False
        self.poll.register(0, select.EPOLLIN)
        while True:
            for _ in range(min(200, self.clients - len(self.open))):
                self.add()
            if not said and len(self.open) >= self.clients:
                said = True
                print("here", flush=True)
            for fd, events in self.poll.poll(0.05):
                if fd == 0:
                    print(json.dumps(dict(self.tally, open=len(self.open))), flush=True)
                    return
                if events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                    self.end(fd)
                elif fd in self.pending:
                    self.begin(fd)


if __name__ == "__main__":
    port, clients, first = map(int, sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and clients + 50 > hard:
        sys.exit(f"{hard} descriptors are too few")
    Crowd(port, clients, first).run()
