"""The dashboard in a real browser (Debian's chromium, driven by selenium) against the real daemon and BIND.

PICTURES=DIR keeps screenshots. AXE=FILE is axe.min.js (npm pack axe-core): then violations fail the test, else that
step is left out aloud.
"""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from daemon import DOMAIN, program, refused
from receiver import Receiver
from test_hooks import Small, hooks
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World
from test_survival import mail_of
import datetime
import random
import subprocess

WAIT = 90
EXPECTED_IN_LOG = ("401", "412", "ERR_CONNECTION_REFUSED", "favicon")  # answers that the story itself brings about


REGULARS = 120


def past(log):
    """A week of regular correspondents, and an ordinary last hour of bounces."""
    for days in range(7, 0, -1):
        log.write("".join(mail_of(f"10.{n // 100}.{n % 100}.25", days) for n in range(REGULARS)))
    now, rng = datetime.datetime.now(datetime.timezone.utc), random.Random(6)
    for minute in range(60, 0, -1):
        at = now - datetime.timedelta(minutes=minute)
        log.write("".join(refused(n, when=at + datetime.timedelta(seconds=n)) for n in range(rng.randint(12, 28))))


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--window-size=1280,1400", "--lang=en",
                         "--force-prefers-reduced-motion"):  # a colour half faded in has too little contrast
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        cls.addClassCleanup(cls.browser.quit)

    def find(self, css):
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def text(self, css="body"):
        return self.browser.execute_script("const e = document.querySelector(arguments[0]); return e ? e.textContent : ''", css)

    def wait(self, condition, what):
        WebDriverWait(self.browser, WAIT, 0.3).until(lambda _: condition(), f"not within {WAIT} s: {what}")

    def state(self, word):
        self.wait(lambda: self.text(f"article[data-domain='{DOMAIN}'] .state") == word, f"state {word}")

    def picture(self, name, width=1280, height=1400):
        directory = os.environ.get("PICTURES")
        self.browser.set_window_size(width, height)
        time.sleep(2.5)  # one more reading, drawn for this width
        if directory:
            os.makedirs(directory, exist_ok=True)
            self.browser.save_screenshot(os.path.join(directory, f"{name}.png"))

    def reads_out(self, seconds, where):
        """A screen reader says what changes in a live region: nothing does when nothing happens."""
        said = self.browser.execute_async_script("""
            const [seconds, done] = arguments, said = [], live = "[role=status], [role=alert], [aria-live]";
            const watch = new MutationObserver((changes) => changes.forEach(({ target }) => {
              const region = (target.closest ? target : target.parentElement).closest(live);
              if (region) said.push(region.textContent);
            }));
            watch.observe(document.body, { subtree: true, childList: true, characterData: true });
            setTimeout(() => { watch.disconnect(); done(said); }, seconds * 1000);""", seconds)
        self.assertEqual(said, [], where)

    def nothing_sideways(self, where):
        """On a phone, in both languages: neither the page nor a part of it is wider than its place."""
        for language in ("ja", "en"):
            Select(self.find("#language")).select_by_value(language)
            wide = self.browser.execute_script(
                "return [document.documentElement, ...document.querySelectorAll('.scroll, #journal, article')]"
                ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.id || e.getAttribute('aria-label') || e.tagName}: ${e.scrollWidth} > ${e.clientWidth}`)")
            self.assertEqual(wide, [], f"{where}, {language}")

    def axe(self, where):
        path = os.environ.get("AXE")
        if not path:
            print(f"left out: axe ({where}), AXE is not given", file=sys.stderr)
            return
        with open(path) as f:
            self.browser.execute_script(f.read())
        result = self.browser.execute_async_script("axe.run().then((r) => arguments[0](r.violations))")
        self.assertEqual([(v["id"], [n["target"] for n in v["nodes"]]) for v in result], [], where)

    def press(self, words):
        self.browser.execute_script("[...document.querySelectorAll('article button')].find((b) => b.textContent === arguments[0]).click()", words)

    def theme(self, value):
        Select(self.find("#theme")).select_by_value(value)

    def token(self, world):
        path = os.path.join(world.directory, "tokens")
        out = subprocess.run([program("mxsplitctl"), "token", "add", "anna", "--role", "operate", "--file", path],
                             capture_output=True, text=True, check=True).stdout
        return out.split()[-1]

    def order(self, mode, reason, for_value=None):
        self.find("[data-act=order]").click()
        self.wait(lambda: self.find("#order").is_displayed(), "the dialog")
        self.find(f"input[value={mode}]").click()
        if for_value:
            Select(self.find("#order-for")).select_by_value(for_value)
        if reason:
            self.find("#order-reason").send_keys(reason)

    def elsewhere(self, method, path, headers=None, body=None):
        """What a script of the page that is open gets from the daemon: [status, ETag], or "TypeError"."""
        return self.browser.execute_async_script("""
            const [address, options, done] = arguments;
            fetch(address, options).then((a) => done([a.status, a.headers.get("ETag")])).catch((e) => done(e.name));""",
            f"http://127.0.0.1:{self.daemon.port}{path}", {"method": method, "headers": headers or {}, "body": body})

    def test_pages_of_other_origins(self):
        with Small() as world, Receiver() as listed, Receiver() as other:
            self.daemon, world.directory = world.d, world.temp.name
            token = self.token(world)
            self.daemon.daemon_settings["allow_origins"] = f"http://127.0.0.1:{listed.port}"
            self.daemon.start()
            override, order = f"/v1/domains/{DOMAIN}/override", '{"mode": "normal", "for": "1h", "reason": "from elsewhere"}'
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": "*"}
            self.browser.get(listed.url)
            self.assertEqual(self.elsewhere("GET", override), [200, '"auto"'])
            self.assertEqual(self.elsewhere("PUT", override, dict(headers, Authorization="Bearer x"), order)[0], 401)
            self.assertEqual(self.elsewhere("PUT", override, headers, order)[0], 200)
            self.assertEqual(self.daemon.request("GET", override)[1]["reason"], "from elsewhere")
            self.browser.get(other.url)
            self.assertEqual(self.elsewhere("GET", override), "TypeError")
            self.assertEqual(self.elsewhere("DELETE", override, headers), "TypeError")
            self.assertEqual(self.daemon.request("GET", override)[1]["reason"], "from elsewhere")
            self.browser.get_log("browser")  # what the browser says of these is no news to the other story

    def test_an_incident_as_people_see_it(self):
        with Receiver() as strict, World(secondaries=1, min_split="1s", calm="5s", when="surge or threshold",
                                         threshold="9000/2m") as world:
            strict.behave = strict.answer(404)
            token = self.token(world)
            world.daemon.hooks = [("page", ["/bin/true"], ["split", "restore"]), ("lost", ["/bin/false"], ["split"]),
                                  dict(name="strict", url=strict.url, on="[split]")]
            world.quiet.set()
            world.daemon.start()
            # what is in a log before it is opened is no news
            world.daemon.wait_for(lambda: any("the normal set" in e["text"] for e in world.daemon.events()), 60, "it runs")
            past(world.logs["mta1"])
            world.daemon.wait_for(lambda: world.daemon.domain()["survival"]["regulars"] == REGULARS, 60, "the past is read")
            world.quiet.clear()
            world.daemon.wait_for(lambda: world.daemon.domain()["measured"]["surge"] is False, 60, "it measures")
            self.browser.get(f"http://127.0.0.1:{world.daemon.port}/")
            self.state("NORMAL")
            self.wait(lambda: self.text("article table").count("as wanted") == 2, "both servers as wanted")
            self.wait(lambda: self.browser.execute_script("return here.streams"), "the stream is read")
            self.reads_out(5, "normal")
            self.assertEqual(self.find("article .state").get_attribute("role"), "status")
            self.axe("normal, light")
            self.picture("normal")
            # the surge, the split, its end
            world.rate = 40
            self.state("SPLIT")
            self.assertIn("Bounces surge", self.text("article"))
            world.logs["mta2"].write("".join(refused(n) for n in range(300)))  # strangers that asked anew
            self.wait(lambda: "surge of bounces" in self.text("article .why"), "why")
            self.wait(lambda: "20 mta2" in self.text("article table") and "10 mta1" not in self.text("article table"), "shown")
            self.wait(lambda: self.browser.find_elements(By.CSS_SELECTOR, ".rate.surge"), "the chart shows the surge")
            self.wait(lambda: "FAILING" in self.text("#hooks") and "tells" in self.text("#hooks"), "one hook tells, one fails")
            self.wait(lambda: re.search(r"threshold [\d,]+ / 9,000 \(2 min\)", self.text("article .numbers")), "the fixed rule")
            self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, ".chart .rule")), 1)
            scale = self.browser.execute_script("return [...document.querySelectorAll('.chart .grid + .label')].map((e) => +e.textContent)")
            self.assertEqual(scale, [scale[4] * k / 4 for k in range(5)], "the labels stand where their numbers are")
            self.assertIn("no update is under way", self.text("article .sets"))
            self.assertIn("too early to say", self.text("article"))
            self.assertTrue(self.browser.title.startswith("■"), self.browser.title)
            self.picture("split-light")
            for part in ("evidence", "survival"):
                self.browser.execute_script("document.querySelector(`[data-part=${arguments[0]}] summary`).click()", part)
            self.wait(lambda: re.search(r"to users who do not exist\d", self.text("[data-part=evidence]")), "the evidence")
            self.wait(lambda: self.text("[data-part=survival]").count("%") > 12, "the curve of survival is filled")
            slider = self.find(".at")
            slider.send_keys(Keys.HOME)
            self.wait(lambda: slider.get_attribute("value") == "0" and ": 0 bounces" not in self.text(".reads"), "a point is read out by keyboard")
            self.assertEqual(slider.get_attribute("aria-valuetext"), self.text(".reads"))
            slider.send_keys(Keys.ARROW_RIGHT)
            self.wait(lambda: slider.get_attribute("value") == "1", "the next point")
            slider.send_keys(Keys.END)
            self.wait(lambda: "SPLIT" in self.text(".reads"), "the newest again")
            self.axe("split, light, all open")
            Select(self.find("#language")).select_by_value("ja")
            self.state("分離中")
            self.picture("split-japanese")
            self.assertTrue(self.find("[data-part=evidence]").get_attribute("open"), "what was opened stays open")
            Select(self.find("#language")).select_by_value("en")
            self.theme("dark")
            self.axe("split, dark")
            self.picture("split-dark")
            self.picture("split-phone", 390, 1600)
            self.nothing_sideways("phone")
            self.axe("phone")
            self.press("Show as table")
            self.wait(lambda: self.text("article .tall"), "the table")
            self.nothing_sideways("phone, table")
            self.press("Show as chart")
            self.browser.set_window_size(1280, 1400)
            self.theme("light")
            world.rate = 0
            self.state("NORMAL")
            self.assertEqual(world.dns.mx(), (TTL, NORMAL))
            # an order: without a token it is refused, and said so
            self.order("split", "")
            self.find("#order-do").click()
            self.wait(lambda: self.text("#order-error") == "Say why.", "a reason is wanted")
            self.find("#order-reason").send_keys("moving the racks")
            self.assertFalse(self.find("#order-error").is_displayed(), "a reason is there")
            self.assertIn("10 mta1.example.test, 20 mta2.example.test", self.text("#order-will"))
            self.assertIn("becomes 20 mta2.example.test", self.text("#order-will"))
            self.axe("dialog")
            self.picture("order")
            self.find("#order-do").click()
            self.wait(lambda: self.find("#token-box").is_displayed(), "a token is asked for")
            self.find("#token").send_keys(token, Keys.ENTER)
            self.order("split", "moving the racks", "30m")
            self.find("#order-reason").send_keys(Keys.ENTER)
            self.state("SPLIT")
            self.assertEqual(world.dns.mx(), (SPLIT_TTL, SPLIT))
            self.wait(lambda: "anna" in self.text("article .notice") and "moving the racks" in self.text("article .notice"), "the order")
            # a hook is tried: one tells, one fails
            for name, said in (("page", "page: the test was told."), ("lost", "lost: the test FAILED: it exited with status 1")):
                self.find(f"[data-hook={name}][data-does=test]").click()
                self.wait(lambda: self.text("#hooks-said") == said, said)
            # what a receiver refused is sent again, when it is cured
            self.wait(lambda: "DEAD LETTERS" in self.text("#hooks") and hooks(world.daemon)["strict"]["dead_letters"] == 2, "two splits")
            strict.behave = strict.answer(200)
            self.find("[data-hook=strict][data-does=resend]").click()
            self.wait(lambda: [n["kind"] for n in strict.bodies()] == ["split", "split"], "the receiver has them")
            self.wait(lambda: self.text("#hooks-said") == "strict: 2 wait again.", "and it is said")
            self.wait(lambda: not self.browser.find_elements(By.CSS_SELECTOR, "[data-does=resend]"), "nothing is left to send")
            # somebody else changes it while the dialog is open
            self.order("normal", "late")
            code, _ = world.daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                           {"mode": "split", "for": "4s", "reason": "short", "by": "bob"})
            self.assertEqual(code, 200)
            self.find("#order-do").click()
            self.wait(lambda: "Somebody changed the order" in self.text("#order-error"), "412 is explained")
            self.find("#order-cancel").click()
            # and it expires by itself
            self.state("NORMAL")
            self.assertEqual(self.browser.find_elements(By.CSS_SELECTOR, "article .notice"), [])
            self.wait(lambda: "has expired" in self.text("#journal"), "the journal says so")
            # by keyboard alone: to the order's button, open, choose, close
            self.browser.execute_script("document.querySelector('[data-act=order]').focus()")
            self.browser.switch_to.active_element.send_keys(Keys.ENTER)
            self.wait(lambda: self.find("#order").is_displayed(), "the dialog by keyboard")
            self.browser.switch_to.active_element.send_keys(Keys.SPACE)
            self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
            self.wait(lambda: not self.find("#order").is_displayed(), "closed by Escape")
            # the table, and the other language
            self.press("Show as table")
            self.wait(lambda: self.text("article .tall"), "the table")
            Select(self.find("#language")).select_by_value("ja")
            self.state("通常")
            self.axe("japanese, table")
            Select(self.find("#language")).select_by_value("en")
            # the daemon goes, and comes back
            world.daemon.stop()
            self.wait(lambda: "has not answered" in self.text("#lost") and self.find("#lost").is_displayed(), "it is lost")
            self.reads_out(3, "lost")
            self.axe("lost")
            self.picture("lost")
            self.assertTrue(self.browser.title.startswith("?"), self.browser.title)
            world.daemon.start()
            self.wait(lambda: not self.find("#lost").is_displayed(), "it is back")
            self.wait(lambda: self.browser.execute_script("return here.streams"), "the stream is read again")
            self.state("NORMAL")
            log = [entry["message"] for entry in self.browser.get_log("browser")
                   if not any(known in entry["message"] for known in EXPECTED_IN_LOG)]
            self.assertEqual(log, [], "nothing is blocked, nothing fails")


if __name__ == "__main__":
    unittest.main(verbosity=2)
