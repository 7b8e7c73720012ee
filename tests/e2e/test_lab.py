"""The lab of the experiment (make lab) leaves nothing behind, however it ends."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

import net
import selftest


OBSTACLE = net.obstacle()


@unittest.skipIf(OBSTACLE, f"the lab: {OBSTACLE}")
class Ended(unittest.TestCase):
    def test_a_run_that_is_ended_or_fails_leaves_no_process_namespace_mount_or_file(self):
        for how in selftest.WAYS if os.environ.get("LONG") else ("SIGTERM",):
            with self.subTest(how), tempfile.TemporaryDirectory(prefix="mxsplit-lab-") as directory:
                selftest.ended_by(how, directory)


if __name__ == "__main__":
    unittest.main()
