"""What a split achieves: the end of a surge is judged on both exchangers, and whether bounces have moved is
said and not acted on.
"""
import subprocess
import unittest

from daemon import mail, program
from test_clock import LIBRARY, Clock
from test_rules import MTA, Moving, ticks

LATER = 700  # seconds: more than an effect needs with a split-ttl of 2 s


class BothExchangers(unittest.TestCase):
    def test_bounces_that_moved_to_the_other_exchanger_are_still_a_surge(self):
        with Moving() as w:
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            w.share = 0.0  # the split works: all of them go to mta2
            d.wait_for(lambda: d.domain()["effect"]["bounces_at_kept"] > 0.5, 60, "they have moved")
            ticks(d, 15)  # more than quiet, min-split and calm together
            self.assertEqual(d.domain()["state"], "split")
            self.assertTrue(d.domain()["measured"]["surge"])
            self.assertNotIn("calm", d.kinds())
            self.assertGreater(d.domain()["measured"]["rate_per_minute"], 100)
            w.rate = 0
            d.wait_state("normal", 90)
            self.assertEqual([k for k in d.kinds() if k in ("surge", "split", "calm", "restore")],
                             ["surge", "split", "calm", "restore"])

    def test_each_further_split_waits_longer_for_calm(self):
        with Moving(calm="4s") as w:
            d = w.ready()
            for wait in (4, 8):
                w.rate = 300
                d.wait_state("split", 60)
                w.rate = 0
                d.wait_for(lambda: f"restored after {wait}s of calm" in (d.domain()["guard"] or ""), 60,
                           f"{wait} s of calm are asked for")
                d.wait_state("normal", 90)


class Mail(unittest.TestCase):
    def test_a_bounce_that_is_taken_and_delivered_is_no_mail(self):
        def there(d, what):
            return next(m[what] for m in d.domain()["mtas"] if m["name"].startswith("mta2."))

        with Moving() as w:
            d = w.ready()
            w.quiet.set()
            ticks(d, 2)
            bounces, messages = there(d, "bounces"), there(d, "mail")
            for n in range(30):
                w.logs["mta2"].write(mail(90000 + n, sender=""))
            d.wait_for(lambda: there(d, "bounces") == bounces + 30, 30, "they are counted as bounces")
            self.assertEqual(there(d, "mail"), messages)


class Backlog(unittest.TestCase):
    def test_mail_that_waits_at_mta1_is_said_during_a_split_and_when_it_is_through(self):
        def told(d, words):
            return [e["kind"] for e in d.events() if words in e["text"]]

        with Moving(min_split="1h") as w:
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            w.share = 0.0
            self.assertNotIn("mail waits", d.domain()["effect"]["text"] or "")
            for n in range(100):
                w.logs["mta1"].write(mail(50000 + n, delay=84 if n % 5 else 164))
            d.wait_for(lambda: "mail waits at" in (d.domain()["effect"]["text"] or ""), 60, "it is seen")
            self.assertRegex(d.domain()["effect"]["text"], rf"mail waits at {MTA}: what was delivered there in the last "
                             r"ten minutes had been \d+s on its way \(median\), one in ten over \d+[ms]")
            shown = subprocess.run([program("mxsplitctl"), "status", "--socket", d.socket], check=True,
                                   capture_output=True, text=True).stdout
            self.assertIn(f"mail waits at {MTA}", " ".join(shown.split()))
            for n in range(4000):
                w.logs["mta1"].write(mail(60000 + n))
            d.wait_for(lambda: told(d, "mail no longer waits at"), 60, "it is through")
            self.assertEqual(told(d, "mail waits at"), ["decision"])
            self.assertEqual(told(d, "mail no longer waits at"), ["decision"])
            self.assertNotIn("mail waits", d.domain()["effect"]["text"] or "")
            self.assertEqual(d.domain()["state"], "split")


@unittest.skipUnless(LIBRARY, "libfaketime is not here (package faketime)")
class Effect(unittest.TestCase):
    """The clock goes on by ten minutes while the daemon is not there, as over a long restart."""

    def judged(self, share, verdict):
        with Moving(min_split="1h") as w:
            clock = Clock(w.directory)
            w.daemon.env.update(clock.env())
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            d.wait_for(lambda: d.domain()["effect"]["bounces_at_kept"] == 0, 10, "all of them are at mta1")
            self.assertEqual(d.domain()["effect"]["verdict"], "open")
            self.assertEqual(d.stop(), 0)
            w.share = share
            clock.set(LATER)
            w.ahead = LATER
            serial = w.dns.serial()
            d.start()
            d.wait_for(lambda: d.domain()["effect"]["verdict"] == verdict, 60, f"the effect is {verdict}")
            text = d.domain()["effect"]["text"]
            d.wait_for(lambda: any(text.split(":")[0] in e["text"] for e in d.events()), 10, "the journal has it")
            shown = subprocess.run([program("mxsplitctl"), "status", "--socket", d.socket], check=True,
                                   capture_output=True, text=True).stdout
            self.assertIn(text.split(":")[0], " ".join(shown.split()))
            ticks(d, 5)
            self.assertEqual(d.domain()["state"], "split")
            self.assertEqual(w.dns.serial(), serial, "nothing follows from it")
            return text, [e for e in d.events() if text.split(":")[0] in e["text"]]

    def test_a_split_without_effect_is_said_and_a_person_called_once(self):
        text, events = self.judged(0.95, "none")
        self.assertRegex(text, rf"^the split has no effect: (8[1-9]|9\d|100) % of the bounces still reach {MTA} \d+m after it "
                         r"\(100 % before\)")
        self.assertIn("docs/rules.md says what helps there", text)
        self.assertEqual([e["kind"] for e in events], ["failure"])

    def test_a_split_that_works_is_said(self):
        text, events = self.judged(0.05, "helps")
        self.assertRegex(text, rf"^the split works: \d+ % of the bounces reach {MTA} \d+m after it \(100 % before\)")
        self.assertEqual([e["kind"] for e in events], ["decision"])


if __name__ == "__main__":
    unittest.main()
