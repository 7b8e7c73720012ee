#!/usr/bin/python3
"""Records the corpora of tests/samples anew: record.py [MTA/NAME ...] (root, Debian 12, apt).

Each corpus is one real MTA of Debian's packages, installed into an overlay of this machine's root
that lives in memory, and run in a network, mount and pid namespace of its own. Nothing of it is
left when the process ends, however it ends: the overlay and the namespaces go with it.
"""
import ctypes
import os
import resource
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MERGED = "/mnt/merged"
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import corpora  # noqa: E402 (beside this file)

UBUNTU = ("focal",)  # suites that are not Debian's
INSTALL = ["apt-get", "-y", "-q", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root",
           "--no-install-recommends", "install"]
NEW_ROOT = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
NEW_HOST = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--uts", "--ipc"]


def run(*command, **more):
    subprocess.run(command, check=True, **more)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def outside(names):
    """One corpus after the other, each in a process that takes everything with it."""
    for name in names:
        print(f"record: {name}", flush=True)
        with subprocess.Popen([*NEW_ROOT, sys.executable, __file__, "--root", name],
                              preexec_fn=die_with_parent) as child:
            try:
                code = child.wait(timeout=900)
            finally:
                child.kill()
        if code:
            sys.exit(f"record: {name} failed ({code})")


def tree_of(suite, store):
    """This machine's root, or a tree of another suite, which debootstrap makes once."""
    if not suite:
        return "/"
    tree = os.path.join(store, suite, "tree")
    if not os.path.exists(tree):
        run("debootstrap", "--variant=minbase", "--include=python3,openssl,rsyslog,iproute2,ca-certificates",
            *(of_ubuntu(store) if suite in UBUNTU else []), suite, tree + ".new", stdout=subprocess.DEVNULL)
        os.rename(tree + ".new", tree)
    return tree


def of_ubuntu(store):
    """Ubuntu's keys are in a package that Debian has from 13 on."""
    debian = tree_of("trixie", store)
    for command in (["update"], ["-y", "install", "ubuntu-keyring"]):
        run("chroot", debian, "apt-get", "-q", *command, stdout=subprocess.DEVNULL)
    return ["--components=main,universe", f"--keyring={debian}/usr/share/keyrings/ubuntu-archive-keyring.gpg"]


def enter_root(debs, tree):
    """An overlay over the tree, in memory, with this one and the store of packages bound into it."""
    run("mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", "/mnt")
    for directory in ("upper", "work", "merged"):
        os.mkdir(f"/mnt/{directory}")
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={tree},upperdir=/mnt/upper,workdir=/mnt/work", MERGED)
    for directory in (ROOT, debs):
        inside = MERGED + (ROOT if directory == ROOT else "/var/cache/apt/archives")
        os.makedirs(inside, exist_ok=True)
        run("mount", "--bind", directory, inside)
    run("mount", "-t", "proc", "proc", MERGED + "/proc")
    run("mount", "-t", "tmpfs", "tmpfs", MERGED + "/tmp")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", MERGED + "/run")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", MERGED + "/dev")
    for device, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
        os.mknod(f"{MERGED}/dev/{device}", 0o20666, os.makedev(1, minor))
        os.chmod(f"{MERGED}/dev/{device}", 0o666)
    os.mknod(f"{MERGED}/dev/tty", 0o20666, os.makedev(5, 0))
    for fd, link in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{fd}", f"{MERGED}/dev/{link}")
    os.symlink("/proc/self/fd", f"{MERGED}/dev/fd")
    os.chroot(MERGED)
    os.chdir("/")


def install(packages):
    policy = "/usr/sbin/policy-rc.d"
    with open(policy, "w") as f:
        f.write("#!/bin/sh\nexit 101\n")
    os.chmod(policy, 0o755)
    if os.path.exists("/etc/apt/apt.conf.d/docker-clean"):
        os.unlink("/etc/apt/apt.conf.d/docker-clean")
    wanted = [p for p in packages if subprocess.run(["dpkg", "-s", p], capture_output=True).returncode]
    if wanted:
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        done = subprocess.run([*INSTALL, *wanted], env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout[-2000:] + done.stderr[-2000:])


def root(name):
    corpus = corpora.CORPORA[name]
    store = os.environ.get("RECORD_DEBS") or os.path.join(ROOT, "build", "record-debs")
    debs = os.path.join(store, corpus.suite)
    os.makedirs(os.path.join(debs, "partial"), exist_ok=True)
    enter_root(debs, tree_of(corpus.suite, store))
    corpus.before_install()
    install(corpus.packages)
    done = subprocess.run([*NEW_HOST, "/usr/bin/python3", __file__, "--host", name], preexec_fn=die_with_parent)
    sys.exit(done.returncode)


def main(arguments):
    if os.geteuid() != 0:
        sys.exit("record: it needs root (namespaces, an overlay, the MTAs)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))  # Sendmail closes every one that there may be
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if arguments[:1] == ["--root"]:
        root(arguments[1])
    elif arguments[:1] == ["--host"]:
        run("mount", "-t", "proc", "proc", "/proc")
        corpora.record(arguments[1], os.path.join(ROOT, "tests", "samples"))
    else:
        unknown = [n for n in arguments if n not in corpora.CORPORA]
        if unknown:
            sys.exit(f"record: no corpus {unknown[0]}; there are {', '.join(corpora.CORPORA)}")
        outside(arguments or corpora.CORPORA)


if __name__ == "__main__":
    main(sys.argv[1:])
