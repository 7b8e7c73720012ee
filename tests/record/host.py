"""What a corpus needs of its namespace: addresses, a syslogd, a certificate, users, processes."""
import os
import subprocess
import time

LOG = "/var/log/recorded.log"
CONTRIB = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "contrib", "mta")
TRADITIONAL = "RSYSLOG_TraditionalFileFormat"
RFC3339 = "RSYSLOG_FileFormat"


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.stdout


def contrib(name):
    """What we tell an administrator to put into the MTA's configuration: run here as it stands there."""
    with open(os.path.join(CONTRIB, name)) as f:
        return f.read()


def write(path, content, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(content)
    if not path.startswith("/proc/"):
        os.chmod(path, mode)


def network(name):
    run("ip", "link", "set", "lo", "up")
    for address in ("192.0.2.1/24", "198.51.100.1/24"):
        run("ip", "address", "add", address, "dev", "lo")
    for n in range(17):
        address = f"2001:db8:1::{n:x}/128" if n else "2001:db8::1/128"
        run("ip", "-6", "address", "add", address, "dev", "lo", "nodad")
    run("hostname", name)
    write("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n192.0.2.1 {name}.example.test {name}\n"
          "198.51.100.200 far.end.example\n198.51.100.2 mx0.quiet.example\n2001:db8:1::2 mx6.quiet.example\n"
          "192.0.2.12 relay.strangers.example\n")
    write("/etc/resolv.conf", "nameserver 127.0.0.253\noptions timeout:1 attempts:1\n")  # nobody answers there
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\naliases: files\nethers: files\n"
          "protocols: files\nservices: files\n")
    write("/etc/mailname", f"{name}.example.test\n")


def users():
    for n in range(10):
        run("useradd", "-m", f"u{n}")
    write("/usr/local/bin/deliver", "#!/bin/sh\nexec cat >/dev/null\n", 0o755)


def certificate():
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-keyout", "/etc/ssl/mx.key", "-out", "/etc/ssl/mx.crt", "-days", "30", "-subj", "/CN=mx.example.test")
    os.chmod("/etc/ssl/mx.key", 0o600)


def syslogd(template):
    write("/etc/record-rsyslog.conf", 'module(load="imuxsock" SysSock.RateLimit.Interval="0")\n'
          'global(workDirectory="/tmp" preserveFQDN="off")\n'
          f'*.* action(type="omfile" file="{LOG}" template="{template}")\n')
    background("rsyslogd", "-n", "-f", "/etc/record-rsyslog.conf", "-i", "/tmp/rsyslogd.pid")
    wait_for(lambda: os.path.exists("/dev/log"), "the syslogd")


def background(*command):
    """Ends with the namespace at the latest."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        time.sleep(0.1)


def show_logs(path):
    """For people, when the MTA did not start."""
    directory = os.path.dirname(path)
    for name in sorted(os.listdir(directory)):
        file = os.path.join(directory, name)
        if os.path.isfile(file) and time.time() - os.path.getmtime(file) < 60:
            with open(file, errors="replace") as f:
                print(f"{file}:\n{f.read()[:2500]}", flush=True)


def settled(path, quiet=3, seconds=25):
    """Waits until the log has not grown for a while."""
    end, size, since = time.monotonic() + seconds, -1, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < quiet:
        now = os.path.getsize(path)
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.2)
