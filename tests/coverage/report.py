#!/usr/bin/env python3
"""Adds up what gcov counted and says what was reached: lines of the decoders, branches of the core.

usage: report.py BUILD [--missing]      BUILD: a build folder whose programs were compiled with --coverage and have run

A branch is one way out of a condition. Every call that may throw has two ways out as well, on and to the handlers; gcov marks the second
one `throw`. Both are left out: the one that goes on is no condition and would only embellish the figure, the other one needs an exception
(mostly: no memory). So are those of a line that is only a closing brace: no condition of the source, but what the compiler asks itself while
it destroys what the block held, most of it on the way of an exception. Exit status 1 when the decoders are below LINES_MIN or the core is below BRANCHES_MIN.
"""
import collections
import concurrent.futures
import functools
import glob
import json
import os
import re
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
LINES_MIN = 95.0
BRANCHES_MIN = 95.0

# What turns bytes of a log into events, rows, values and text. Not here: what talks to a server (connection, packet_*, dump_*, catalog,
# checks, positions, snapshot_reader, result_row, ...), which the integration tests run against real ones; and pure tables of data.
DECODERS = ["src/base/byte_cursor.h", "src/model/gtid_set.cpp"] + ["src/engine/mysql/" + name for name in (
    "binlog_file", "charset", "charset_tables", "checksum", "collation", "column_type", "ddl_scanner", "decimal", "decode_json", "event_control",
    "event_gtid", "event_header", "inet", "json_binary", "json_diff", "json_text", "json_tree", "payload", "row_decoder", "row_steps",
    "rows_event", "sql_lexer", "table_map", "table_map_metadata", "table_map_schema", "temporal", "transaction_assembler",
    "transaction_statements", "utf8", "value_json", "xa_store")]
CORE = "src/pipeline/"


def is_decoder(path):
    return path in DECODERS or os.path.splitext(path)[0] in DECODERS


def is_core(path):
    return path.startswith(CORE)


def gcov(notes):
    """The files of ours in one object's counters; an object that never ran counts as reached nowhere."""
    counters = notes[: -len(".gcno")] + ".gcda"
    run = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", counters if os.path.exists(counters) else notes],
                         cwd=os.path.dirname(notes), capture_output=True, text=True, check=True)
    found = []
    for text in run.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = os.path.relpath(os.path.realpath(os.path.join(os.path.dirname(notes), file["file"])), TOP)
            if is_decoder(path) or is_core(path):
                found.append((path, file["lines"]))
    return found


def conditions(branches):
    """The counts of a line's branches without the pairs of calls that may throw: the way on comes first, then the one that is thrown."""
    kept = []
    for branch in branches:
        if not branch["throw"]:
            kept.append(branch)
        elif kept and kept[-1]["fallthrough"]:
            kept.pop()
    return [branch["count"] for branch in kept]


@functools.lru_cache(maxsize=None)
def source(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read().splitlines()


def only_closes(path, number):
    return source(path)[number - 1].strip() == "}"


class Coverage:
    def __init__(self):
        self.lines = collections.defaultdict(lambda: collections.defaultdict(int))  # path -> line -> times reached
        # path -> (line, function) -> times that each branch was taken; a header's function is in many objects, whose counts are added
        self.branches = collections.defaultdict(dict)

    def add(self, path, lines):
        for line in lines:
            self.lines[path][line["line_number"]] += line["count"]
            counts = conditions(line["branches"])
            if not counts or only_closes(path, line["line_number"]):
                continue
            place = (line["line_number"], line.get("function_name", ""))
            before = self.branches[path].get(place, [])
            if len(before) < len(counts):
                before = before + [0] * (len(counts) - len(before))
            self.branches[path][place] = [a + b for a, b in zip(before, counts + [0] * (len(before) - len(counts)))]

    def line_figures(self, path):
        counts = self.lines[path]
        return sum(1 for count in counts.values() if count), len(counts)

    def branch_figures(self, path):
        counts = [count for place in self.branches[path].values() for count in place]
        return sum(1 for count in counts if count), len(counts)

    def missing_lines(self, path):
        return ranges(sorted(number for number, count in self.lines[path].items() if not count))

    def missing_branches(self, path):
        return ", ".join("%d (%s)" % (line, " ".join(str(i + 1) for i, count in enumerate(counts) if not count) + " of %d" % len(counts))
                         for (line, _), counts in sorted(self.branches[path].items()) if not all(counts))


def ranges(numbers):
    """ "3-5, 9": lines that follow one another as one range."""
    out = []
    for number in numbers:
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ", ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in out)


def percent(reached, total):
    return 100.0 * reached / total if total else 0.0


def section(title, paths, figures, missing):
    """Prints one line a file and the total; returns the total in percent."""
    print(title)
    sums = [0, 0]
    for path in sorted(paths):
        reached, total = figures(path)
        if not total:
            continue
        sums = [sums[0] + reached, sums[1] + total]
        print("  %-52s %5d of %5d  %5.1f %%" % (path, reached, total, percent(reached, total)))
        if missing and reached < total:
            print("      not reached: %s" % missing(path))
    print("  %-52s %5d of %5d  %5.1f %%" % ("total", sums[0], sums[1], percent(*sums)))
    return percent(*sums)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--missing"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    build, show = os.path.realpath(arguments[0]), "--missing" in sys.argv
    notes = [path for path in glob.glob(build + "/**/*.gcno", recursive=True)
             if re.search(r"/src/(base|model|engine/mysql|pipeline|runtime)/|/tests/(sim|unit/(model|mysql|pipeline|runtime))/", path)]
    if not notes:
        sys.exit("no counters in %s: bash tests/coverage.sh makes them" % build)
    coverage = Coverage()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(gcov, notes):
            for path, lines in found:
                coverage.add(path, lines)
    unknown = [name for name in DECODERS if not any(path in (name, name + ".cpp", name + ".h") for path in coverage.lines)]
    if unknown:
        sys.exit("counted as decoders, but not in the build: %s" % ", ".join(unknown))

    lines = section("lines of the decoders", filter(is_decoder, coverage.lines), coverage.line_figures, show and coverage.missing_lines)
    core = list(filter(is_core, coverage.lines))
    branches = section("branches of the core", core, coverage.branch_figures, show and coverage.missing_branches)
    core_lines = [coverage.line_figures(path) for path in core]
    enough = lines >= LINES_MIN and branches >= BRANCHES_MIN
    print("%s: decoders: %.1f %% of the lines (at least %.0f); core: %.1f %% of the branches (at least %.0f), %.1f %% of the lines" % (
        "enough" if enough else "TOO LOW", lines, LINES_MIN, branches, BRANCHES_MIN,
        percent(sum(a for a, _ in core_lines), sum(b for _, b in core_lines))))
    sys.exit(0 if enough else 1)


main()
