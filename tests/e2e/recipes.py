"""The blocks of docs/dns-servers.md, as the fixtures run them.

    block("bind", "zone", {"example.jp": "example.test"})      # the text, with names replaced
"""
import os
import re

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                    "docs/dns-servers.md")
with open(PAGE, encoding="utf-8") as page:
    BLOCKS = {(server, part): text for server, part, text in re.findall(
        r"<!-- tried: (\S+) (\S+) -->\n```\S*\n(.*?)```", page.read(), re.S)}


def block(server, part, replaced):
    text = BLOCKS[server, part]
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text


def secret(text):
    """(name, algorithm, secret) of a BIND key clause."""
    return re.search(r'key "([^"]+)".*?algorithm ([\w-]+);.*?secret "([^"]+)"', text, re.S).groups()
