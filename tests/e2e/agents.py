"""SNMP agents for tests: a real snmpd with a configuration of its own, and a fake one that says what
the test wants, with BER by hand (RFC 3416, RFC 1157).
"""
import os
import socket
import subprocess
import threading
import time

from daemon import free_port

SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
INTEGER, STRING, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x41, 0x42, 0x43, 0x44, 0x46
NO_OBJECT, NO_INSTANCE, END_OF_MIB = 0x80, 0x81, 0x82
GET, GETNEXT, RESPONSE, GETBULK = 0xA0, 0xA1, 0xA2, 0xA5


class Snmpd:
    """snmpd on a free loopback port; community "letmein", user "mxsplit" (SHA-256, AES)."""

    def __init__(self, directory, more=""):
        self.directory = os.path.join(directory, "snmpd")
        os.mkdir(self.directory)
        self.port = free_port(socket.SOCK_DGRAM)
        self.process = None
        with open(os.path.join(self.directory, "snmpd.conf"), "w") as f:
            f.write("agentAddress udp:127.0.0.1:%d\n"
                    "rocommunity letmein 127.0.0.1\n"
                    "createUser mxsplit SHA-256 authentication-phrase AES privacy-phrase\n"
                    "rouser mxsplit priv\n" % self.port + more)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        env = dict(os.environ, SNMP_PERSISTENT_DIR=os.path.join(self.directory, "persistent"), MIBS="")
        self.log = open(os.path.join(self.directory, "log"), "a")
        self.process = subprocess.Popen(
            ["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", os.path.join(self.directory, "snmpd.conf"), "-I",
             "-smux", "-p", os.path.join(self.directory, "pid")],
            stdout=self.log, stderr=subprocess.STDOUT, env=env)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.close()
            self.process = None


def tlv(tag, content):
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value, tag=INTEGER):
    size = max(1, (value.bit_length() + 8) // 8)
    return tlv(tag, value.to_bytes(size, "big", signed=True))


def name(parts):
    out = bytes([parts[0] * 40 + parts[1]])
    for part in parts[2:]:
        chunk = [part & 127]
        while part >= 128:
            part >>= 7
            chunk.insert(0, 128 | part & 127)
        out += bytes(chunk)
    return tlv(OID, out)


def read_tlv(data):
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    return tag, data[at:at + length], data[at + length:]


def read_name(content):
    parts, value = [content[0] // 40, content[0] % 40], 0
    for byte in content[1:]:
        value = value << 7 | byte & 127
        if not byte & 128:
            parts.append(value)
            value = 0
    return tuple(parts)


def encode(value):
    tag, content = value
    if tag in (NO_OBJECT, NO_INSTANCE, END_OF_MIB, NULL):
        return tlv(tag, b"")
    if isinstance(content, int):
        return integer(content, tag)
    return name(content) if tag == OID else tlv(tag, content)


class FakeAgent:
    """v2c over UDP. `objects` maps names to (tag, value); `twist(agent, request)` may be set by a test.

    request: dict(community, kind, id, names, peer); what twist returns: None for the honest answer, or a
    list of (datagram, socket) to send instead.
    """

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.objects = {}
        self.started = time.monotonic()
        self.uptime = None  # None: honest
        self.twist = None
        self.asked = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def ticks(self):
        return int((time.monotonic() - self.started) * 100) if self.uptime is None else self.uptime

    def lookup(self, kind, wanted):
        objects = dict(self.objects)
        objects[SYS_UPTIME] = (TIMETICKS, self.ticks())
        if kind == GET:
            return wanted, objects.get(wanted, (NO_OBJECT, None))
        after = sorted(one for one in objects if one > wanted)
        return (after[0], objects[after[0]]) if after else (wanted, (END_OF_MIB, None))

    def bindings(self, request):
        if request["kind"] != GETBULK:
            return [self.lookup(request["kind"], one) for one in request["names"]]
        out, at = [], request["names"][0]
        for _ in range(20):
            at, value = self.lookup(GETNEXT, at)
            out.append((at, value))
            if value[0] == END_OF_MIB:
                break
        return out

    def response(self, request, bindings=None, request_id=None):
        bindings = self.bindings(request) if bindings is None else bindings
        listed = b"".join(tlv(SEQUENCE, name(one) + encode(value)) for one, value in bindings)
        pdu = (integer(request["id"] if request_id is None else request_id) + integer(0) + integer(0) +
               tlv(SEQUENCE, listed))
        return tlv(SEQUENCE, integer(1) + tlv(STRING, request["community"]) + tlv(RESPONSE, pdu))

    @staticmethod
    def parse(data, peer):
        _, content, _ = read_tlv(data)
        _, _, content = read_tlv(content)
        _, community, content = read_tlv(content)
        kind, pdu, _ = read_tlv(content)
        _, request_id, pdu = read_tlv(pdu)
        _, _, pdu = read_tlv(pdu)
        _, _, pdu = read_tlv(pdu)
        _, pdu, _ = read_tlv(pdu)
        names = []
        while pdu:
            _, binding, pdu = read_tlv(pdu)
            _, one, _ = read_tlv(binding)
            names.append(read_name(one))
        return dict(community=community, kind=kind, id=int.from_bytes(request_id, "big", signed=True),
                    names=names, peer=peer)

    def run(self):
        while not self.over.is_set():
            try:
                data, peer = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            request = self.parse(data, peer)
            answers = self.twist(self, request) if self.twist else None
            if answers is None:
                answers = [(self.response(request), self.socket)]
            for datagram, where in answers:
                where.sendto(datagram, peer)
            self.asked += 1

    def close(self):
        self.over.set()
        self.thread.join()
        self.socket.close()
        self.other.close()
