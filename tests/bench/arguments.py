"""What the benches of the daemon share: their arguments, and the modules of the end-to-end tests, for that build."""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def read(**seconds):
    """seconds: of each option (default, help)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build")
    for name, (default, text) in seconds.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=text)
    args = parser.parse_args()
    os.environ["MXSPLIT_BUILD"] = os.path.abspath(args.bin)
    sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
    return args
