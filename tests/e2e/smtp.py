"""An exchanger on loopback that answers SMTP as a test wants it, and writes down what it was asked."""
import socket
import socketserver
import ssl
import threading

MODES = {  # greeting, and what comes to EHLO
    "well": (b"220 mta2.example.test ESMTP\r\n", b"250-mta2.example.test\r\n250-STARTTLS\r\n250 SIZE\r\n"),
    "slow banner": (b"220-mta2.example.test ESMTP\r\n220 wait\r\n", b"250 mta2.example.test\r\n"),
    "busy": (b"421 4.3.2 too busy\r\n", b""),
    "no": (b"554 5.7.1 no service\r\n", b""),
    "no EHLO": (b"220 x\r\n", b"502 5.5.2 no\r\n"),
    "odd": (b"SSH-2.0-OpenSSH_9.2\r\n", b""),
    "bytes": (b"220 \x1b[31m\xff\xfe\x07 hello\r\n", b"250 x\r\n"),
    "endless": (b"220-" + b"a" * 70000, b""),
    "closes": (b"", b""),
    "silent": (None, b""),
}


class Exchanger:
    """mode may change at any time; `commands` holds every line of every client."""

    def __init__(self, mode="well", certificate=None, rcpt=b"250 2.1.5 ok"):
        """certificate: a PEM file with key, for STARTTLS; rcpt: the reply to RCPT."""
        self.mode, self.commands = mode, []
        tls = None
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 60

            def handle(self):
                greeting, reply = MODES[outer.mode]
                if greeting is None:
                    self.rfile.readline()
                    return
                self.wfile.write(greeting)
                while greeting:
                    line = self.rfile.readline().decode("latin-1").strip()
                    if not line:
                        return
                    outer.commands.append(line)
                    word = line.split(" ")[0].upper()
                    if word == "QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    if word == "STARTTLS" and tls:
                        self.wfile.write(b"220 go ahead\r\n")
                        self.connection = tls.wrap_socket(self.connection, server_side=True)
                        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                    elif word == "RCPT":
                        self.wfile.write(rcpt + b"\r\n")
                    else:
                        self.wfile.write(reply if word in ("EHLO", "HELO") else b"250 ok\r\n")

            def finish(self):
                try:
                    super().finish()
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

            def handle_error(self, *_):
                """A client that goes away is nothing to report."""

        self.make = lambda port: Server(("127.0.0.1", port), Handler)
        self.server = self.make(0)
        self.port = self.server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"
        self.serve()

    def serve(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        """Nothing listens any more."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def again(self):
        self.server = self.make(self.port)
        self.serve()


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
