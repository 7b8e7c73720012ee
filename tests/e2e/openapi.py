"""web/openapi.yaml as a test reads it: its operations, values that its schemas allow and forbid, and whether an answer
is one that it allows."""
import json
import os
import re
import string

import jsonschema
import yaml

from daemon import DOMAIN, ROOT

METHODS = ("get", "put", "post", "delete", "patch")
WORDS = {"name": DOMAIN, "If-Match": "*", "for": "30m", "reason": "a test", "by": "anna", "mta": f"mta1.{DOMAIN}"}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
BAD_TEXT = ("", "\x00", "%00", "../..", "a" * 4000, "é", "'; DROP TABLE journal;--", "{}", "[]", "null", "-1", "1e9", " ")

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_date_time(value):
    return not isinstance(value, str) or DATE_TIME.fullmatch(value) is not None


class Operation:
    def __init__(self, spec, path, method, about, shared):
        self.path, self.method = path, method.upper()
        self.parameters = [spec.resolve(p) for p in shared + about.get("parameters", [])]
        content = about.get("requestBody", {}).get("content", {})
        self.body = content.get("application/json", {}).get("schema")
        self.responses = {status: spec.resolve(r) for status, r in about["responses"].items()}

    def __str__(self):
        return f"{self.method} {self.path}"


class Spec:
    def __init__(self):
        self.path = os.path.join(ROOT, "web", "openapi.yaml")
        with open(self.path) as f:
            self.document = yaml.safe_load(f)
        self.operations = [Operation(self, path, method, about[method], about.get("parameters", []))
                           for path, about in self.document["paths"].items() for method in METHODS if method in about]
        self.validators = {}

    def resolve(self, what):
        while "$ref" in what:
            name = what["$ref"]
            what = self.document
            for part in name.removeprefix("#/").split("/"):
                what = what[part]
        return what

    def methods(self, path):
        """What Allow must say there."""
        known = {o.method for o in self.operations if o.path == path}
        return known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())

    def matches(self, schema, value):
        """Raises when the value is not as the schema says."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = dict(schema, components=self.document["components"])
            self.validators[key] = jsonschema.Draft202012Validator(whole, format_checker=FORMATS)
        self.validators[key].validate(value)

    # Values

    def good(self, schema, random, name=""):
        schema = self.resolve(schema)
        if "oneOf" in schema:
            return self.good(random.choice(schema["oneOf"]), random, name)
        if "enum" in schema:
            return random.choice(schema["enum"])
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = random.choice(kind)
        if kind == "object":
            wanted = schema.get("required", [])
            return {member: self.good(about, random, member) for member, about in schema["properties"].items()
                    if member in wanted or random.random() < 0.5}
        if kind == "array":
            count = random.randint(schema.get("minItems", 0), min(schema.get("maxItems", 3), 3))
            return [self.good(schema["items"], random) for _ in range(count)]
        if kind == "integer":
            least, most, step = schema.get("minimum", 0), schema.get("maximum", 2**31 - 1), schema.get("multipleOf", 1)
            value = random.choice((least, most, random.randint(least, most)))
            return max(least, value // step * step)
        if kind == "number":
            return random.choice((0, 1, 2.5, 1e6, random.random()))
        if name == "value":
            return str(random.randint(0, 2**32 - 1))
        if name in WORDS:
            return WORDS[name]
        if schema.get("pattern") == "^[0-9]+$":
            return str(random.randint(0, 99))
        return "".join(random.choices(string.ascii_lowercase, k=random.randint(1, 20)))

    def bad(self, schema, random, name=""):
        """A value that the schema forbids, or None: it forbids nothing that can be written down."""
        schema = self.resolve(schema)
        if "oneOf" in schema:
            return random.choice(([], 7, "x", {}, None, {"counters": []}, {"counters": [{}]}))
        if "enum" in schema:
            return random.choice(("", "SPLIT", "other", 1, True, None, [], {}))
        kind = schema.get("type")
        if kind == "object":
            return self.bad_object(schema, random)
        if kind == "integer":
            few = ["", "x", "1.5", "-1", "+1", "0x10", "1 ", "9" * 30, "1e3", "\u0661"]
            if "maximum" in schema:
                few.append(str(schema["maximum"] + 1))
            if schema.get("minimum", 0) > 0:
                few.append(str(schema["minimum"] - 1))
            return random.choice(few)
        return random.choice((7, True, [], {}))

    def bad_object(self, schema, random):
        value = self.good(schema, random)
        way = random.randrange(3)
        if way == 0 and schema.get("required"):
            del value[random.choice(schema["required"])]
        elif way == 1:
            value["".join(random.choices(string.ascii_letters + "~/", k=6))] = random.choice((1, "x", None, [], {}))
        else:
            member = random.choice(list(schema["properties"]))
            wrong = {"uptime": (-1, 2**32, "1", 1.5), "value": (None, True, [], "x"), "time": ("yesterday", 7, None)}
            value[member] = random.choice(wrong.get(member, (7, True, [], {})))
        return value

    # Answers

    def check(self, operation, answer, loose=False):
        """Why this answer is not one that the description allows, or None. `loose`: the request was none of HTTP."""
        key = str(answer.status)
        response = operation.responses.get(key) or operation.responses["default"]
        if answer.status >= 500 and key not in operation.responses and not (loose and answer.status == 505):
            return f"{answer.status} is not described"
        if answer.status < 400 and key not in operation.responses:
            return f"{answer.status} is not described"
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if kind not in response["content"]:
            return f"Content-Type is {kind!r}"
        for name in ("Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"):
            if name not in answer.headers:
                return f"no {name}"
        for name in response.get("headers", {}):
            if name not in answer.headers and self.resolve(response["headers"][name]).get("required"):
                return f"no {name}"
        if answer.method == "HEAD":
            return "a body to HEAD" if answer.body else None
        try:
            text = answer.body.decode()
            value = json.loads(text) if kind.endswith("json") else text
            self.matches(response["content"][kind]["schema"], value)
        except (ValueError, jsonschema.ValidationError) as error:
            return str(error)[:2000]
        if answer.status >= 400 and value["status"] != answer.status:
            return f"the problem says {value['status']}"
        return None
