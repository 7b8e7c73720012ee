#!/usr/bin/python3
"""sbom.py BUILD VERSION: the programs and the libraries that they load, as SPDX 2.3 (JSON).

The libraries are those that the linker wrote into the programs; dpkg says which package each is of.
The time is that of SOURCE_DATE_EPOCH, else of the last commit, so that two builds say the same.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

PROGRAMS = ("mxsplitd", "mxsplitctl")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed(path):
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)\]", output("readelf", "-d", path))


def loaded(path):
    """Where the loader of this machine finds each."""
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", path), re.M))


def package(file):
    """The Debian package that has it: (name, version, source)."""
    for name in (file, os.path.realpath(file), re.sub("^/usr", "", os.path.realpath(file)), "/usr" + file):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return output("dpkg-query", "-W", "-f", "${binary:Package}\t${Version}\t${source:Package}",
                          found.stdout.split(": ")[0].split(",")[0]).split("\t")
    return None


def when():
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct")
    return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def spdx_id(text):
    return "SPDXRef-" + re.sub("[^A-Za-z0-9.-]", "-", text)


def main():
    build, version = sys.argv[1:]
    files, libraries, relations = [], {}, []
    for name in PROGRAMS:
        path = os.path.join(build, name)
        with open(path, "rb") as f:
            data = f.read()
        files.append({"SPDXID": spdx_id(name), "fileName": "./" + name, "fileTypes": ["BINARY"],
                      "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                                    {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
                      "licenseConcluded": "BSD-2-Clause", "copyrightText": "NOASSERTION"})
        relations.append((spdx_id("mxsplit"), "CONTAINS", spdx_id(name)))
        places = loaded(path)
        for library in needed(path):
            if library not in places:
                continue  # the loader itself
            found = package(places[library])
            if not found:
                sys.exit(f"sbom: no package has {places[library]}")
            package_name, package_version, source = found
            libraries[package_name] = (package_version, source)
            relations.append((spdx_id(name), "DYNAMIC_LINK", spdx_id(package_name)))
    packages = [{"SPDXID": spdx_id("mxsplit"), "name": "mxsplit", "versionInfo": version, "downloadLocation": "NOASSERTION",
                 "filesAnalyzed": False, "licenseConcluded": "BSD-2-Clause", "licenseDeclared": "BSD-2-Clause",
                 "copyrightText": "2026 the mxsplit developers"}]
    for name, (package_version, source) in sorted(libraries.items()):
        packages.append({"SPDXID": spdx_id(name), "name": name.split(":")[0], "versionInfo": package_version,
                         "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
                         "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
                         "sourceInfo": f"Debian source package {source}",
                         "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                           "referenceLocator": f"pkg:deb/debian/{name.split(':')[0]}@{package_version}"}]})
    relations.insert(0, ("SPDXRef-DOCUMENT", "DESCRIBES", spdx_id("mxsplit")))
    digest = hashlib.sha256(json.dumps([files, packages]).encode()).hexdigest()
    json.dump({"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
               "name": f"mxsplit-{version}", "documentNamespace": f"urn:mxsplit:sbom:{version}:{digest}",
               "creationInfo": {"created": when(), "creators": ["Tool: mxsplit-sbom"]},
               "packages": packages, "files": files,
               "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                                 for a, kind, b in dict.fromkeys(relations)]}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
