#!/usr/bin/env python3
"""Runs one fuzzer for FUZZ_SECONDS (20) from FUZZ_SEED (1; 0: another one each time): run.py NAME PROGRAM FOLDER

FOLDER keeps what the fuzzer learns (corpus/) from one run to the next, the inputs of the tests that it starts from (seeds/), and each
input that broke something (found/), which repeats the failure: PROGRAM FOLDER/found/crash-….
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INPUT_MAX = 16 * 1024  # bytes
# Seconds that one input may take. A condition that uses all its steps on each of the seven answers takes six under sanitizers here.
TURN_MAX = 30
MEMORY_MAX = 2048  # MiB

WATCH_LINES = [
    '{"type":"ADDED","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","uid":"1","resourceVersion":"12"}}}',
    '{"type":"BOOKMARK","object":{"kind":"Rollout","metadata":{"resourceVersion":"12"}}}',
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old","details":{"causes":[{"field":"a"}]}}}',
]

HTTP = [
    "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;a=b\r\nabc\r\n0\r\nTrailer: t\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\nContent-Length: 1\r\nConnection: close\r\n\r\na",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n",
]

RELEASE = '{"id": "build-7", "issuedAt": "2026-11-21T13:00:00+01:00", "rollout": "default/shop", "images": {"shop": "shop:v2"}}'
RECORDS = '[{"id": "build-6", "acceptedAt": "2026-11-21T12:59:00Z", "images": {"shop": "shop:v1"}, "changed": true}]'


def literals(path):
    """The texts of a C++ source: raw ones, and those between quotes."""
    source = (ROOT / path).read_text()
    raw = re.findall(r'R"\((.*?)\)"', source, re.S)
    plain = re.findall(r'"((?:[^"\\\n]|\\.)*)"', re.sub(r'R"\((.*?)\)"', "", source, flags=re.S))
    return raw, [text.encode().decode("unicode_escape", "replace") for text in plain if not text.endswith("\\")]


def of_tests(*paths):
    for path in paths:
        raw, plain = literals(path)
        yield from raw
        yield from plain


def of_files(*patterns):
    for pattern in patterns:
        yield from (path.read_text() for path in sorted(ROOT.glob(pattern)))


def patches():
    """Each text of the patch tests with the one that follows it: among them are all documents with their patches."""
    raw, _ = literals("tests/local_store/patch_test.cc")
    for document, patch in zip(raw, raw[1:]):
        yield f"{document}\n---\n{patch}"


def field(number, content):
    if isinstance(content, int):
        return bytes([number << 3, content])
    content = content.encode() if isinstance(content, str) else content
    return bytes([number << 3 | 2, len(content)]) + content


def protobuf():
    metadata = field(1, "shop") + field(2, "") + field(7, 0) + field(11, field(1, "app") + field(2, "x"))
    port = field(1, "http") + field(2, "TCP") + field(3, 80) + field(4, field(1, 1) + field(2, 0) + field(3, "web"))
    objects = {
        "Namespace": field(1, metadata) + field(3, field(1, "")),
        "Service": field(1, metadata) + field(2, field(1, port) + field(2, field(1, "app") + field(2, "x"))),
        "Secret": field(1, metadata) + field(2, field(1, "k") + field(2, "value")),
        "ConfigMap": field(1, metadata) + field(2, field(1, "k") + field(2, "value")),
        "ServiceAccount": field(1, metadata),
    }
    for kind, content in objects.items():
        yield b"k8s\0" + field(1, field(1, "v1") + field(2, kind)) + field(2, content) + field(3, "") + field(4, "")


def seeds(name):
    return {
        "condition": lambda: of_tests("tests/analysis/expression_test.cc", "tests/analysis/expression_error_test.cc", "tests/analysis/no_data_test.cc"),
        "json_path": lambda: of_tests("tests/analysis/json_path_test.cc"),
        "yaml": lambda: [*of_tests("tests/base/yaml_test.cc"), *of_files("examples/*/*.yaml")],
        "watch_line": lambda: WATCH_LINES,
        "http": lambda: HTTP,
        "protobuf": protobuf,
        "patch": patches,
        "webhook": lambda: [RELEASE, f"{RELEASE}\n---\n{RECORDS}"],
    }[name]()


def plant(name, folder):
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, seed in enumerate(seeds(name), 1):
        (folder / str(count)).write_bytes(seed if isinstance(seed, bytes) else seed.encode(errors="replace"))
    if count == 0:
        sys.exit(f"{name}: the tests hold no input any more to start from")


def main():
    name, program, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    plant(name, folder / "seeds")
    for kept in ("corpus", "found"):
        (folder / kept).mkdir(exist_ok=True)
    limits = [f"-seed={os.environ.get('FUZZ_SEED', '1')}", f"-max_total_time={os.environ.get('FUZZ_SECONDS', '20')}", f"-max_len={INPUT_MAX}", f"-timeout={TURN_MAX}", f"-rss_limit_mb={MEMORY_MAX}"]
    os.execv(program, [program, *limits, f"-artifact_prefix={folder}/found/", "-print_final_stats=1", str(folder / "corpus"), str(folder / "seeds")])


if __name__ == "__main__":
    main()
