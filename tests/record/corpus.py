"""What the corpora have in common."""
import host
import traffic


class Corpus:
    packages = ()
    suite = ""  # of Debian or Ubuntu, when not this machine's
    hostname = "mx1"
    syslog = host.TRADITIONAL  # the template of its syslogd; None: the MTA writes its log itself
    log = host.LOG
    beside = {}  # further logs of it: the name's end, and where
    ports = (25,)
    every = 1  # 2: half of the ordinary traffic
    hostile = ()  # texts in the manner of this MTA's log

    def before_install(self):
        """What the packages want to find."""

    def start(self, serve):
        """Writes the configuration and starts the MTA; serve(address, onward=...) adds a server."""
        raise NotImplementedError

    def send(self, truth):
        traffic.run(truth, traffic.ordinary()[::self.every] + traffic.odd())
        traffic.run(truth, traffic.hostile(self.hostile))
        traffic.run(truth, traffic.relayed())

    def stop(self):
        """The namespace's end stops it."""
