"""How the API is reached: TLS with a certificate that is changed, sockets that a service manager opened."""
import http.client
import os
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest

from daemon import Daemon, free_port, program

NAME = "mxsplit.example.test"


def certificate(directory, name, serial):
    """A self-signed pair: (certificate, key)."""
    paths = [os.path.join(directory, f"{name}.{kind}") for kind in ("crt", "key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3",
                    "-set_serial", str(serial), "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-out", paths[0],
                    "-keyout", paths[1]], check=True, capture_output=True)
    os.chmod(paths[1], 0o600)
    return paths


class Listen(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(self.temp.cleanup)
        self.daemon = Daemon(self.temp.name)
        self.addCleanup(self.daemon.kill)


class Socket(Listen):
    def test_its_file_has_the_mode_that_is_set(self):
        for wanted, said in (("0660", None), ("0600", "0600"), ("0666", "666")):
            if said:
                self.daemon.daemon_settings["socket_mode"] = said
            self.daemon.start()
            about = os.stat(self.daemon.socket)
            self.assertEqual((stat.S_ISSOCK(about.st_mode), f"{stat.S_IMODE(about.st_mode):04o}"), (True, wanted))
            self.assertEqual(self.daemon.stop(), 0)
        for wrong in ("0060", "0777", "660x", "08", "rw", "1660", ""):
            self.daemon.daemon_settings["socket_mode"] = wrong
            self.daemon.write_config()
            done = subprocess.run([program("mxsplitctl"), "check-config", self.daemon.config_path], capture_output=True, text=True)
            self.assertEqual(done.returncode, 78, wrong)
            self.assertIn("socket-mode", done.stderr)


class Origins(Listen):
    def asked(self, origin, method="GET"):
        """(status, header fields) of a request over TCP by a page of that origin."""
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=60)
        try:
            connection.request(method, "/v1/domains/example.test/override", headers={"Origin": origin})
            response = connection.getresponse()
            response.read()
            return response.status, response.headers
        finally:
            connection.close()

    def allowed(self, origin):
        return self.asked(origin)[1]["Access-Control-Allow-Origin"]

    def test_a_reload_takes_the_pages_that_may_ask(self):
        self.daemon.start()
        self.assertIsNone(self.allowed("https://board.example"))
        for origins in ("https://board.example", "http://other.example:8080"):
            self.daemon.daemon_settings["allow_origins"] = f"[{origins}]"
            self.daemon.write_config()
            self.daemon.process.send_signal(signal.SIGHUP)
            self.daemon.wait_for(lambda: self.allowed(origins) == origins, 60, origins)
        self.assertIsNone(self.allowed("https://board.example"))
        status, fields = self.asked("http://other.example:8080", "OPTIONS")
        self.assertEqual((status, fields["Access-Control-Allow-Methods"]), (204, "GET, HEAD, PUT, DELETE, OPTIONS"))
        self.daemon.daemon_settings["allow_origins"] = '["*"]'
        self.daemon.write_config()
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for(lambda: any("not taken" in e["text"] for e in self.daemon.events()), 60, "refused")
        self.assertEqual(self.allowed("http://other.example:8080"), "http://other.example:8080")
        self.assertEqual(self.daemon.stop(), 0)


class Tls(Listen):
    def setUp(self):
        super().setUp()
        self.first, self.second = (certificate(self.temp.name, f"pair{serial}", serial) for serial in (101, 202))
        self.tls = free_port()
        self.daemon.more_listen = f', "tls:127.0.0.1:{self.tls}"'
        self.daemon.daemon_settings.update(tls_cert=self.path("tls.crt"), tls_key=self.path("tls.key"), known_as=f"[{NAME}]")
        self.put(*self.first)

    def path(self, name):
        return os.path.join(self.temp.name, name)

    def put(self, certificate_path, key):
        for path, name in ((certificate_path, "tls.crt"), (key, "tls.key")):
            with open(path, "rb") as f:
                data = f.read()
            with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
                f.write(data)

    def context(self, trusted, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=trusted)
        context.minimum_version, context.maximum_version = least, most
        return context

    def connect(self, context):
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 30), server_hostname=NAME)

    def get(self, trusted, path="/v1/status", host=NAME, **versions):
        """(status, TLS version) of a request under this name, the certificate checked."""
        with self.connect(self.context(trusted, **versions)) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(sock)
            response.begin()
            response.read()
            return response.status, sock.version()

    def reload(self, words):
        before = len([t for t in self.texts() if words in t])
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for(lambda: len([t for t in self.texts() if words in t]) > before, 60, words)
        return [t for t in self.texts() if words in t][-1]

    def texts(self):
        return [e["text"] for e in self.daemon.events()]

    def test_versions_names_and_a_new_certificate(self):
        self.daemon.start()
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            self.assertEqual(self.get(self.first[0], least=version, most=version), (200, name))
        with self.assertRaises(ssl.SSLError):  # nothing older, whatever the client would take
            context = self.context(self.first[0], ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
            context.set_ciphers("ALL:@SECLEVEL=0")
            self.connect(context)
        self.assertEqual(self.get(self.first[0], host="evil.example")[0], 421)
        self.assertEqual(self.get(self.first[0], host=f"127.0.0.1:{self.tls}")[0], 200)
        with socket.create_connection(("127.0.0.1", self.tls), 30) as plain:
            plain.sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 200", plain.recv(4096))

        self.put(*self.second)
        self.reload("configuration read again")
        self.assertEqual(self.get(self.second[0])[0], 200)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(self.first[0])

        token = subprocess.run([program("mxsplitctl"), "token", "add", "late", "--role", "operate", "--file", self.daemon.tokens],
                               capture_output=True, text=True, check=True).stdout.strip()
        self.put(self.first[0], self.second[1])  # of two pairs
        said = self.reload("configuration not taken")
        self.assertIn("are not a certificate and its key", said)
        self.assertEqual(self.order(token), 401)  # the whole of it is not taken
        self.assertEqual(self.get(self.second[0])[0], 200)  # the old pair stays
        for _ in range(3):  # and what is the same pair again cuts nobody
            self.put(*self.second)
            with self.connect(self.context(self.second[0])) as sock:
                self.reload("configuration read again")
                sock.sendall(f"GET /healthz HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
                self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 200"))
        self.assertEqual(self.order(token), 200)
        self.assertEqual(self.daemon.stop(), 0)

    def order(self, token):
        """What an order with this token is answered."""
        return self.daemon.request("DELETE", "/v1/domains/example.test/override", tcp=True,
                                   headers={"Authorization": f"Bearer {token}", "Content-Length": "0", "If-Match": "*"})[0]

    def test_a_pair_that_is_none_is_said_before_anything_starts(self):
        self.put(self.first[0], self.second[1])
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.reap(), 78)
        self.assertIn("are not a certificate and its key", self.daemon.log())
        os.chmod(self.path("tls.key"), 0o644)
        done = subprocess.run([program("mxsplitctl"), "check-config", self.daemon.config_path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"tls\.key\"? is open to others")
        del self.daemon.daemon_settings["tls_key"]
        self.daemon.write_config()
        done = subprocess.run([program("mxsplitctl"), "check-config", self.daemon.config_path], capture_output=True, text=True, check=False)
        self.assertIn("wanted tls-cert and tls-key", done.stderr)


class Activation(Listen):
    def test_sockets_of_the_service_manager_are_taken_and_left_to_it(self):
        local, other = socket.socket(socket.AF_UNIX), socket.socket()
        self.addCleanup(local.close)
        self.addCleanup(other.close)
        local.bind(self.daemon.socket)
        local.listen()
        other.bind(("127.0.0.1", 0))
        other.listen()
        self.daemon.port = other.getsockname()[1]
        for fd, number in ((local.fileno(), 3), (other.fileno(), 4)):
            os.dup2(fd, 50 + number)
        self.addCleanup(os.close, 53)
        self.addCleanup(os.close, 54)
        # as systemd does it: descriptors 3 and 4, and the process id that only the child knows
        self.daemon.wrap = ["bash", "-c", 'exec 3<&53 4<&54 53<&- 54<&-; LISTEN_FDS=2 LISTEN_PID=$$ exec "$@"', "bash"]
        original = subprocess.Popen

        class Passing(original):
            def __init__(self, *words, **more):
                super().__init__(*words, **more, pass_fds=(53, 54))
        subprocess.Popen = Passing
        self.addCleanup(setattr, subprocess, "Popen", original)
        inode = os.stat(self.daemon.socket).st_ino
        self.daemon.start()
        subprocess.Popen = original
        self.assertEqual(self.daemon.request("GET", "/healthz", tcp=True)[0], 200)
        self.assertEqual(os.stat(self.daemon.socket).st_ino, inode)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(os.stat(self.daemon.socket).st_ino, inode, "the file of a socket that was given is not removed")
        local.settimeout(5)
        with socket.socket(socket.AF_UNIX) as client:  # it still listens: whoever comes now waits for the next start
            client.connect(self.daemon.socket)


if __name__ == "__main__":
    unittest.main()
