#!/usr/bin/env python3
"""The rules of src/README.md that a program can check. Prints file:line: what is wrong; exit status 1 when anything is.

First it plants one violation of each rule in a tree of its own and makes sure that it is seen.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
LINES_MAX = 400

# folder of src/ -> folders that it may include, beside itself and the waist (include/tidemark)
MAY_INCLUDE = {
    "base": [],
    "model": ["base"],
    "pipeline": ["base", "model"],
    "engine/mysql": ["base", "model"],
    "engine/postgres": ["base", "model"],
    "engine/sqlite": ["base", "model"],
    "state": ["base", "model"],
    "config": ["base", "model"],
    "control": ["base", "model"],
    "runtime": ["base", "model", "pipeline", "state", "config", "control"],
    "cli": ["base", "model", "pipeline", "state", "config", "control", "runtime", "engine/mysql", "engine/postgres", "engine/sqlite"],
}
# headers of others -> the folders that own them
VENDORS = [
    (r"(mysql|mysqld_error|errmsg|mariadb_\w+|mariadb/.*|mysql/.*)(\.h)?$", ["engine/mysql"]),
    (r"(libpq-fe|libpq/.*|postgres_ext|pg_config\w*)(\.h)?$", ["engine/postgres"]),
    (r"sqlite3\w*\.h$", ["engine/sqlite", "state"]),
    (r"yaml-cpp/", ["config"]),
    (r"boost/(asio|beast)", ["control"]),
    (r"boost/program_options", ["cli"]),
    (r"systemd/", ["control"]),
    (r"(zstd|zlib)\w*\.h$", ["engine/mysql"]),
    (r"xxhash\.h$", ["model", "runtime"]),
    (r"spdlog/", ["base"]),
    (r"nlohmann/", ["model", "config", "control", "cli", "runtime", "state", "engine/mysql"]),
]
# the core has no thread, no clock, no file and no socket
PIPELINE_BANNED_INCLUDES = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|ctime|time\.h|fstream|iostream|cstdio|stdio\.h|"
    r"filesystem|unistd\.h|fcntl\.h|poll\.h|sys/.*|netinet/.*|arpa/.*|base/(log|clock|bounded_queue|fd)\.h)$")
PIPELINE_BANNED_TEXT = re.compile(r"\b(steady_clock|system_clock|high_resolution_clock)\b|\bstd::(thread|jthread|mutex|this_thread)\b")
BANNED_TEXT = [
    (re.compile(r"\bstd::(basic_)?regex\b"), "std::regex is slow and throws; match by hand"),
    (re.compile(r"\bstd::(ranges::)?views\b"), "std::views does not compile with clang 14"),
    (re.compile(r"\bstd::(format|expected|source_location)\b"), "not in g++ 12 and clang 14"),
    (re.compile(r"\b(sprintf|strcpy|strcat|gets|atoi|atol|atof)\s*\("), "unbounded or unchecked C function"),
    (re.compile(r"\busing namespace std;"), "using namespace std"),
]
BANNED_NAME = re.compile(r"(^|[_/])(utils?|common|helpers?|managers?|misc)([_./]|$)")
CATCH_ALL = re.compile(r"catch\s*\(\s*\.\.\.\s*\)")
SOURCE = re.compile(r"\.(cpp|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def tracked_files(top):
    """What git knows and what is new but not ignored; everything when the tree is no repository."""
    try:
        out = subprocess.run(["git", "-C", top, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout
        names = out.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, _, files in os.walk(top):
            names += [os.path.relpath(os.path.join(folder, f), top) for f in files]
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(top, n)) and not n.startswith(("build/", ".git/")))


def folder_of(path):
    """The folder of src/ that a file belongs to: "base", "engine/mysql", ... or None; "waist" for include/tidemark."""
    parts = path.split("/")
    if parts[0] == "include":
        return "waist"
    if parts[0] != "src" or len(parts) < 3:
        return None
    return "/".join(parts[1:3]) if parts[1] == "engine" and len(parts) > 3 else parts[1]


def without_comments(line):
    return re.sub(r"//.*$", "", re.sub(r'"(\\.|[^"\\])*"', '""', line))


def check_include(folder, kind, name):
    target = folder_of("src/" + name) if kind == '"' else None
    if kind == '"':
        if "/" not in name:
            return 'write the include with its folder: "base/byte_cursor.h"'
        if name.startswith("tidemark/"):
            return None
        if folder == "waist":
            return "the waist includes nothing of src/"
        if target != folder and target not in MAY_INCLUDE[folder]:
            return "src/%s may not include src/%s" % (folder, target)
    if folder == "pipeline" and PIPELINE_BANNED_INCLUDES.match(name):
        return "the core has no thread, clock, file or socket: <%s>" % name
    if kind == "<":
        for pattern, owners in VENDORS:
            if re.match(pattern, name) and folder not in owners:
                return "<%s> belongs to %s" % (name, ", ".join("src/" + o for o in owners))
    return None


def catch_all_explained(lines):
    """`lines` begins with the catch: cleaning up and throwing on is fine, anything else wants a comment on this line or the next."""
    return "//" in lines[0] + "".join(lines[1:2]) or any(re.search(r"\bthrow;|rethrow|current_exception", line) for line in lines)


def check_source(path, lines, problems):
    folder = folder_of(path)
    if len(lines) > LINES_MAX:
        problems.append("%s:%d: more than %d lines" % (path, len(lines), LINES_MAX))
    if path.endswith(".h"):
        if not any(line.startswith("#pragma once") for line in lines):
            problems.append("%s:1: no #pragma once" % path)
        if not lines or not lines[0].startswith("//"):
            problems.append("%s:1: a header begins with a comment that says what it is" % path)
    for number, line in enumerate(lines, 1):
        where = "%s:%d: " % (path, number)
        include = INCLUDE.match(line)
        if include and folder is not None:
            problem = check_include(folder, include.group(1), include.group(2))
            if problem:
                problems.append(where + problem)
        code = without_comments(line)
        for pattern, why in BANNED_TEXT:
            if pattern.search(code):
                problems.append(where + why)
        if folder == "pipeline" and PIPELINE_BANNED_TEXT.search(code):
            problems.append(where + "the core has no thread and no clock")
        if CATCH_ALL.search(code) and folder is not None and not catch_all_explained(lines[number - 1 : number + 7]):
            problems.append(where + "catch (...) that does not throw on needs a comment that says why nothing narrower will do")


def check_map(top, files, problems):
    """src/README.md names every folder of src/, and the folders of MAY_INCLUDE are those that exist."""
    path = os.path.join(top, "src", "README.md")
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    folders = sorted({folder_of(f) for f in files if f.startswith("src/") and f.endswith((".cpp", ".h"))} - {None})
    for folder in folders:
        if folder not in MAY_INCLUDE:
            problems.append("src/%s: unknown folder; say in tests/structure/check_structure.py what it may include" % folder)
        if "`%s/`" % folder not in text:
            problems.append("src/README.md: the map does not name `%s/`" % folder)


def check_tree(top):
    problems = []
    files = tracked_files(top)
    for path in files:
        if BANNED_NAME.search(path):
            problems.append("%s: the name says nothing: not utils, common, helper, manager, misc" % path)
        if SOURCE.search(path) and folder_of(path) in (None, "waist", *MAY_INCLUDE):
            with open(os.path.join(top, path), encoding="utf-8") as file:
                check_source(path, file.read().split("\n")[:-1], problems)
        elif path.endswith((".sh", ".py")):
            with open(os.path.join(top, path), encoding="utf-8") as file:
                if len(file.read().split("\n")) > LINES_MAX + 1:
                    problems.append("%s: more than %d lines" % (path, LINES_MAX))
    check_map(top, files, problems)
    return problems


PLANTED = [  # file, text, what must be said of it
    ("src/base/a.cpp", '#include "model/key.h"\n', "src/base may not include src/model"),
    ("src/engine/mysql/a.cpp", '#include "engine/postgres/types.h"\n', "src/engine/mysql may not include src/engine/postgres"),
    ("src/control/a.cpp", '#include "engine/sqlite/sink.h"\n', "src/control may not include src/engine/sqlite"),
    ("src/runtime/a.cpp", '#include "engine/mysql/source.h"\n', "src/runtime may not include src/engine/mysql"),
    ("include/tidemark/a.h", '// x\n#pragma once\n#include "base/log.h"\n', "the waist includes nothing of src/"),
    ("src/cli/a.cpp", "#include <mysql.h>\n", "<mysql.h> belongs to src/engine/mysql"),
    ("include/tidemark/b.h", "// x\n#pragma once\n#include <sqlite3.h>\n", "<sqlite3.h> belongs to"),
    ("src/engine/mysql/b.cpp", "#include <libpq-fe.h>\n", "<libpq-fe.h> belongs to"),
    ("src/runtime/b.cpp", "#include <boost/asio.hpp>\n", "belongs to src/control"),
    ("src/pipeline/a.cpp", "#include <thread>\n", "the core has no thread, clock, file or socket"),
    ("src/pipeline/b.cpp", "auto t = std::chrono::steady_clock::now();\n", "the core has no thread and no clock"),
    ("src/model/a.cpp", '#include "key.h"\n', "write the include with its folder"),
    ("src/model/b.h", "#pragma once\n", "a header begins with a comment"),
    ("src/model/c.h", "// x\n", "no #pragma once"),
    ("src/model/d.cpp", "x\n" * (LINES_MAX + 1), "more than 400 lines"),
    ("src/model/string_utils.cpp", "\n", "the name says nothing"),
    ("src/model/e.cpp", "std::regex r;\n", "std::regex"),
    ("src/model/f.cpp", "} catch (...) {\n}\n", "catch (...) that does not throw on"),
    ("src/lost/a.cpp", "\n", "unknown folder"),
    ("src/state/a.cpp", "\n", "the map does not name `state/`"),
]


def self_test():
    missed = []
    for path, text, expected in PLANTED:
        top = tempfile.mkdtemp()
        try:
            os.makedirs(os.path.join(top, os.path.dirname(path)))
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
            if not any(expected in problem for problem in check_tree(top)):
                missed.append("self test: a planted violation is not seen: %s: %s" % (path, expected))
        finally:
            shutil.rmtree(top)
    return missed


def main():
    problems = self_test() + check_tree(TOP)
    print("\n".join(problems) if problems else "structure: as src/README.md says")
    sys.exit(1 if problems else 0)


main()
