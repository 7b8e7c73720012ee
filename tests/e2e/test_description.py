"""web/openapi.yaml as a document of OpenAPI 3.1: what a linter says of one, without a daemon."""
import re
import unittest

import jsonschema
import yaml

from openapi import METHODS, Spec

FIELDS = {"operationId", "summary", "description", "security", "parameters", "requestBody", "responses"}  # those used here


def pairs_once(loader, node):
    """yaml.safe_load keeps the last of two equal keys, and says nothing."""
    keys = [key.value for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"twice: {twice}", node.start_mark)
    return loader.construct_pairs(node, deep=True)


class Once(yaml.SafeLoader):
    pass


Once.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, pairs_once)


def walk(value, at="#"):
    yield at, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from walk(child, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spec = Spec()
        cls.document = cls.spec.document
        cls.operations = [(f"{method.upper()} {path}", path, about, item) for path, item in cls.document["paths"].items()
                          for method, about in item.items() if method in METHODS]

    def test_it_is_one_of_3_1(self):
        self.assertRegex(self.document["openapi"], r"^3\.1\.\d+$")
        self.assertEqual(set(self.document), {"openapi", "info", "servers", "security", "paths", "components"})
        for member in ("title", "version", "license"):
            self.assertIn(member, self.document["info"])
        with open(self.spec.path, encoding="utf-8") as f:
            yaml.load(f, Once)

    def test_references_lead_somewhere_and_nothing_is_left_over(self):
        used = set()
        for at, value in walk(self.document):
            if isinstance(value, dict) and "$ref" in value:
                with self.subTest(at):
                    self.spec.resolve({"$ref": value["$ref"]})
                used.add(value["$ref"])
        for kind in ("schemas", "responses", "parameters", "headers"):
            for name in self.document["components"].get(kind, {}):
                self.assertIn(f"#/components/{kind}/{name}", used, "described and used nowhere")

    def test_schemas_are_schemas(self):
        schemas = [(at, value) for at, value in walk(self.document)
                   if re.search(r"/(schema|components/schemas/\w+)$", at) and isinstance(value, dict)]
        self.assertGreater(len(schemas), 20)
        for at, schema in schemas:
            with self.subTest(at):
                jsonschema.Draft202012Validator.check_schema(schema)
                required, properties = schema.get("required", []), schema.get("properties", {})
                self.assertLessEqual(set(required), set(properties))
                self.assertEqual(len(required), len(set(required)))

    def test_operations_are_whole(self):
        names = [about["operationId"] for _, _, about, _ in self.operations]
        self.assertEqual(len(names), len(set(names)))
        schemes = set(self.document["components"]["securitySchemes"])
        for what, path, about, item in self.operations:
            with self.subTest(what):
                self.assertLessEqual(set(about), FIELDS)
                self.assertTrue(about["summary"].endswith("."), about["summary"])
                parameters = [self.spec.resolve(p) for p in item.get("parameters", []) + about.get("parameters", [])]
                self.assertEqual({p["name"] for p in parameters if p["in"] == "path"}, set(re.findall(r"{(\w+)}", path)))
                for parameter in parameters:
                    self.assertIn("schema", parameter)
                    self.assertTrue(parameter["in"] != "path" or parameter["required"])
                for one in about.get("security", []):
                    self.assertLessEqual(set(one), schemes)
                self.assertTrue(any(re.match("2..", status) for status in about["responses"]), "it never works")
                self.assertIn("default", about["responses"])
                for status, response in about["responses"].items():
                    self.assertRegex(status, r"^([1-5]\d\d|default)$")
                    self.assertIn("description", self.spec.resolve(response))


if __name__ == "__main__":
    unittest.main()
