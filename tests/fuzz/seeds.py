#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with, one folder a target, from what the repository has: captured events, the example, statements.

usage: seeds.py FOLDER        makes FOLDER/config, FOLDER/events, FOLDER/json, FOLDER/statement
"""
import os
import re
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TABLE_MAP = 19
TYPE_AT = 4  # of an event's header


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def event_seeds():
    """Each table map with the events up to the next one."""
    for server, capture in enumerate(("mysql-9.7", "mariadb-10.11")):
        seed = bytes([server])
        for line in read("tests/unit/mysql/golden/%s.events" % capture).split():
            event = bytes.fromhex(line)
            if event[TYPE_AT] == TABLE_MAP and len(seed) > 1:
                yield seed
                seed = bytes([server])
            if len(event) < 65536:
                seed += len(event).to_bytes(2, "little") + event
        yield seed


def json_seeds():
    """The documents of the unit test, which are long texts of hex digits there."""
    joined = re.sub(r'"\s*\n\s*"', "", read("tests/unit/mysql/json_test.cpp"))
    return [b"\xff" + bytes.fromhex(text) for text in re.findall(r'"((?:[0-9a-f]{2}){4,})"', joined)]


def statement_seeds():
    joined = re.sub(r'"\s*\n\s*"', "", read("tests/unit/mysql/ddl_scanner_test.cpp"))
    return [text.encode() for text in re.findall(r'"((?:[^"\\\n]|\\.){8,})"', joined)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    seeds = {
        "config": [read("conf/tidemark.yaml").encode()],
        "events": list(event_seeds()),
        "json": json_seeds(),
        "statement": statement_seeds(),
    }
    for target, inputs in seeds.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for number, data in enumerate(inputs):
            with open(os.path.join(folder, "seed%d" % number), "wb") as out:
                out.write(data)
        print("%s: %d" % (folder, len(inputs)))


if __name__ == "__main__":
    main()
