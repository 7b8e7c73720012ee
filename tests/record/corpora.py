"""The corpora: which MTA, set up how, sent what; each leaves NAME.log and NAME.truth.jsonl."""
import os
import shutil
import socket

import exim
import far_end
import host
import opensmtpd
import postfix
import qmail
import sendmail
import threading

from client import Truth

CORPORA = {**postfix.CORPORA, **exim.CORPORA, **sendmail.CORPORA, **opensmtpd.CORPORA, **qmail.CORPORA}


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            return s.recv(3) == b"220"
    except OSError:
        return False


def serve(address, truth, **more):
    threading.Thread(target=far_end.Server(address, truth, **more).serve_forever, daemon=True).start()


def record(name, samples):
    corpus = CORPORA[name]
    truth = Truth("/tmp/truth.jsonl")
    host.network(corpus.hostname)
    host.users()
    host.certificate()
    serve(("198.51.100.200", 2525), truth)
    if corpus.syslog:
        host.syslogd(corpus.syslog)
    corpus.start(lambda *address, **more: serve(*address, truth, **more))
    try:
        for port in corpus.ports:
            host.wait_for(lambda: answers(port), f"{name}, port {port},")
    except RuntimeError:
        for log in (corpus.log, *corpus.beside.values()):
            host.show_logs(log)
        raise
    corpus.send(truth)
    host.settled(corpus.log)
    corpus.stop()
    truth.close()
    target = os.path.join(samples, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(corpus.log, target + ".log")
    for end, log in corpus.beside.items():
        shutil.copyfile(log, f"{target}.{end}.log")
    shutil.copyfile("/tmp/truth.jsonl", target + ".truth.jsonl")
    print(f"record: {name}: {os.path.getsize(target + '.log')} bytes of log, "
          f"{os.path.getsize(target + '.truth.jsonl')} of truth", flush=True)
