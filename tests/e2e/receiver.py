"""A webhook's receiver under test: it answers as it is told to, and keeps what it was sent.

    with Receiver() as at:
        at.url                     # "http://127.0.0.1:PORT/notice"
        at.behave = at.answer(404) # from now on; also at.hang, at.endless, at.close_early, at.redirect
        at.got                     # [(headers, body, status)], status None: no answer was given

It can be closed and opened again at the same port (open, close). `tls`: (certificate, key) files.
"""
import bisect
import http.server
import itertools
import json
import socketserver
import ssl
import threading
import time

from bind import free_port

HANG = 600  # seconds; the daemon or the end of the test is sooner


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    accepted = itertools.count()

    def process_request(self, request, client_address):
        super().process_request(request, (*client_address, next(self.accepted)))

    def handle_error(self, request, client_address):
        pass  # clients give up, that is what is tested


class Receiver:
    def __init__(self, tls=None):
        self.port, self.lock = free_port()
        self.tls = tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/notice"
        self.got, self.arrived = [], []
        self.order, self.noting = [], threading.Lock()
        self.behave = self.answer(200)
        self.over = threading.Event()
        self.server = None

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.close()
        self.lock.close()

    def open(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.arrived.append(json.loads(body))
                status = receiver.behave(self)
                with receiver.noting:  # in the order of the connections, whichever thread is first here
                    place = bisect.bisect(receiver.order, self.client_address[-1])
                    receiver.order.insert(place, self.client_address[-1])
                    receiver.got.insert(place, (dict(self.headers), body, status))

            def log_message(self, *_):
                pass

        self.over.clear()
        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.over.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def bodies(self, status=200):
        """What was answered with this status, in order."""
        return [json.loads(body) for _, body, answered in list(self.got) if answered == status]

    # How it behaves

    @staticmethod
    def answer(status, headers=(), body=b"{}"):
        def behave(handler):
            handler.send_response(status)
            for name, value in headers:
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            handler.wfile.flush()
            return status
        return behave

    def redirect(self, to):
        return self.answer(302, [("Location", to)])

    def hang(self, handler):
        self.over.wait(HANG)
        handler.close_connection = True

    def close_early(self, handler):
        handler.close_connection = True

    def endless(self, status):
        """A status, then a body without end."""
        def behave(handler):
            handler.send_response(status)
            handler.end_headers()
            end = time.monotonic() + HANG
            try:
                while time.monotonic() < end and not self.over.is_set():
                    handler.wfile.write(b"x" * 4096)
            except OSError:
                handler.close_connection = True
            return status
        return behave

    def drip(self, handler):
        """A head that never ends, a byte now and then."""
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self.over.wait(0.2):
                handler.wfile.write(b"X-A: b\r\n")
        except OSError:
            pass
        handler.close_connection = True
