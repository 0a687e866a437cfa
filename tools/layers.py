#!/usr/bin/env python3
"""Checks what the compiler does not: the order of the rooms, a few words that have one place only, and that files and functions are small.

Usage: tools/layers.py [FOLDER]   (default: the tree that this file is in)

Every message names the file, the line and what to do in its place. Exit code 1 when anything is found.
"""
import pathlib
import re
import sys

# room -> the rooms it may include; the order is the one of docs/design.md.
ROOMS = {
    "base": [],
    "core": ["base"],
    "crds": ["base", "core"],
    "engine/identity": ["base", "core", "crds"],
    "engine": ["base", "core", "crds", "engine/identity"],
    "analysis": ["base", "crds"],
    "traffic": ["base", "crds"],
    "verbs": ["base", "crds"],
    "net": ["base"],
    "kube": ["base", "net"],
    "analysis/providers": ["base", "crds", "net", "kube", "analysis"],
    "controller": ["base", "crds", "engine", "analysis", "traffic", "net", "kube", "analysis/providers"],
    "server": ["base", "crds", "engine", "analysis", "traffic", "verbs", "net", "kube", "analysis/providers", "controller"],
    "local/store": ["base", "core", "crds", "net", "kube"],
    "local/api": ["base", "core", "analysis", "net", "kube", "local/store"],
    "local/processes": ["base", "net"],
    "local/pods": ["base", "net", "kube", "local/store", "local/processes"],
    "local/gateway": ["base", "net", "kube", "local/processes"],
    "local": ["base", "net", "kube", "local/store", "local/api", "local/processes", "local/pods", "local/gateway"],
    "cli": ["base", "core", "crds", "engine", "analysis", "traffic", "verbs", "net", "kube", "analysis/providers", "controller", "server", "local"],
}
PURE = {"base", "core", "crds", "engine/identity", "engine", "analysis", "traffic", "verbs"}

# (pattern, files where it may stand, what to do in its place)
ONE_PLACE = [
    (r"system_clock::now|steady_clock::now|\btime\(nullptr\)", ["net/real_clock.cc", "local/processes/keeper_process.cc"], "ask the Clock that was handed in (base/clock.h)"),
    (r"\bdetached\b", ["net/task_group.cc"], "spawn in a net::TaskGroup"),
    (r"std::cout|\bprintf\(", ["cli/"], "return values; printing belongs to cli/ (logs: base/log.h)"),
    (r"#include <spdlog", ["net/log_sink.cc"], "log through base/log.h"),
    (r"\bsleep_for\(std|usleep\(|this_thread::sleep", [], "wait on the Clock (net/sleep.h)"),
    (r"\bstd::system\(|\bpopen\(", [], "run programs through local/processes/keeper.h"),
    (r"EVP_(En|De)code", ["base/base64.cc"], "encode and decode by base/base64.h"),
    (r"std::(basic_)?regex\b|#include <regex>|\bregcomp\(", [], "match by base/pattern.h, in linear time"),
    (r"using namespace (?!std::chrono_literals)", [], "name what is used"),
]
LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def room_of(path):
    """The nearest folder above that is a room; a folder within a room that is none itself only sorts its files."""
    folder = path.rsplit("/", 1)[0]
    return folder if folder in ROOMS or "/" not in folder else room_of(folder)


def check_includes(path, lines):
    room = room_of(path)
    allowed = set(ROOMS[room]) | {room}
    for number, line in enumerate(lines, 1):
        include = re.match(r'#include "([^"]+)"', line)
        if include:
            target = room_of(include[1])
            if target not in ROOMS:
                yield number, f'"{include[1]}": write project includes from the root'
            elif target not in allowed:
                yield number, f"{room} may not include {target}: it may include {', '.join(sorted(allowed - {room})) or 'nothing'}"
        if room in PURE and re.match(r"#include <boost/(asio|beast)", line):
            yield number, f"{room} is pure: Asio stays in net/ and above"


def check_words(path, lines):
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        for pattern, places, advice in ONE_PLACE:
            if re.search(pattern, code) and not any(path.startswith(place) for place in places):
                yield number, f"{re.search(pattern, code)[0].strip()}: {advice}"


def check_length(lines):
    if len(lines) > LINES_MAX:
        yield LINES_MAX, f"{len(lines)} lines: is there more than one room in this file? At most {LINES_MAX}"


def check_sizes(lines):
    """Files; and functions, from the line that begins one to the brace that ends it, without blank lines and comments. The table of a test case may be longer."""
    yield from check_length(lines)
    begun = {}  # indent -> the last line that began something there, and how many lines of code there were before it
    code = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("//"):
            continue
        code += 1
        indent = len(line) - len(line.lstrip())
        if text == "}" and indent <= 2 and indent in begun:
            first, before = begun[indent]
            if code - before > FUNCTION_LINES_MAX and not lines[first - 1].startswith("TEST_CASE"):
                yield first, f"a function of {code - before} lines: at most {FUNCTION_LINES_MAX}"
        elif not text.startswith(("}", ")", "#")):
            begun[indent] = number, code - 1


def check_links(root, room):
    lists = root / room / "CMakeLists.txt"
    if not lists.exists():
        return
    text = lists.read_text()
    for depends in re.findall(r"sluice_library\([^)]*?DEPENDS\s+([^)]*?)(?:LINKS|PRIVATE_LINKS|SOURCES|\))", text, re.S):
        for name in depends.split():
            target = name.replace("_", "/", 1)
            if target in ROOMS and target not in ROOMS[room]:
                yield text[: text.index(depends)].count("\n") + 1, f"{room} may not link {target}"


def check_file(root, file):
    path = file.relative_to(root).as_posix()
    lines = file.read_text().splitlines()
    return [*check_includes(path, lines), *check_words(path, lines), *check_sizes(lines)]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = 0
    for room in ROOMS:
        for number, message in check_links(root, room):
            print(f"{room}/CMakeLists.txt:{number}: {message}")
            found += 1
    for file in sorted(file for file in root.glob("tests/**/*.[hc]*") if file.suffix in (".h", ".cc")):
        for number, message in check_sizes(file.read_text().splitlines()):
            print(f"{file.relative_to(root)}:{number}: {message}")
            found += 1
    for file in sorted(file for top in ("tests", "tools") for file in root.glob(f"{top}/**/*.py")):
        for number, message in check_length(file.read_text().splitlines()):
            print(f"{file.relative_to(root)}:{number}: {message}")
            found += 1
    tops = {room.split("/")[0] for room in ROOMS}
    for file in sorted(file for top in tops for file in root.glob(f"{top}/**/*.[hc]*") if file.suffix in (".h", ".cc")):
        for number, message in check_file(root, file):
            print(f"{file.relative_to(root)}:{number}: {message}")
            found += 1
    print(f"tools/layers.py: {found} finding(s)" if found else "tools/layers.py: the rooms are in order")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
