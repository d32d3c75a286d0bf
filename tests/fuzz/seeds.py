#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with, corpus/<target>/<name>, from what the repository has: events and logs that real servers
wrote (tests/unit/mysql/golden), the example of the configuration, the texts of unit tests.

usage: seeds.py [FOLDER]        FOLDER: instead of tests/fuzz/corpus
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "..", ".."))
GOLDEN = "tests/unit/mysql/golden/"
HEADER, CHECKSUM, TYPE_AT = 19, 4, 4  # of an event
TABLE_MAP, PAYLOAD = 19, 40
ROWS = {23: "write", 24: "update", 25: "delete", 30: "write", 31: "update", 32: "delete", 39: "partial_update"}
KINDS = {2: "query", 4: "rotate", 15: "format_description", 16: "xid", 33: "gtid", 35: "previous_gtids", 38: "xa_prepare", 40: "payload",
         42: "gtid_tagged", 161: "checkpoint", 162: "mariadb_gtid", 163: "gtid_list"}
CAPTURES = ((0, "mysql-9.7"), (1, "mariadb-10.11"))
LOGS = ((0, "log_mysql_9_7_a"), (0, "log_mysql_9_7_b"), (1, "log_mariadb_10_11"))
UUID = "8cb551d8-e52a-11f1-b5b4-02fc00000001"


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def captured(name):
    return [bytes.fromhex(line) for line in read(GOLDEN + name + ".events").split()]


def logged(name):
    with open(os.path.join(TOP, GOLDEN + name + ".binlog"), "rb") as file:
        data = file.read()
    at = 4
    while at < len(data):
        length = int.from_bytes(data[at + 9:at + 13], "little")
        yield data[at:at + length]
        at += length


def body(event):
    return event[HEADER:len(event) - CHECKSUM]


def server_name(server):
    return ("mysql", "mariadb")[server]


def events_seeds():
    """Each table map with the events up to the next one."""
    for server, capture in CAPTURES:
        seed, number = bytes([server]), 0
        for event in captured(capture):
            if event[TYPE_AT] == TABLE_MAP and len(seed) > 1:
                yield "%s_%02d" % (server_name(server), number), seed
                seed, number = bytes([server]), number + 1
            seed += len(event).to_bytes(2, "little") + event
        yield "%s_%02d" % (server_name(server), number), seed


def event_seeds():
    """The first two of each kind and server in the logs."""
    seen = {}
    for server, log in LOGS:
        for event in logged(log):
            kind = KINDS.get(event[TYPE_AT])
            number = seen[server, kind] = seen.get((server, kind), 0) + 1
            if kind and number <= 2:
                yield "%s_%s_%d" % (server_name(server), kind, number), event


def table_map_seeds():
    for server, capture in CAPTURES:
        maps = [body(event) for event in captured(capture) if event[TYPE_AT] == TABLE_MAP]
        for number, data in enumerate(dict.fromkeys(maps)):
            yield "%s_%02d" % (server_name(server), number), bytes([server]) + data
    columns = 1000  # unlabelled ENUMs of two bytes
    count = b"\xfc" + columns.to_bytes(2, "little")
    types = b"\xfe" * columns + b"\xfc" + (2 * columns).to_bytes(2, "little") + b"\xf7\x02" * columns
    yield "unlabelled", bytes([0]) + bytes(8) + b"\1d\0\1t\0" + count + types + b"\xff" * (columns // 8)


def rows_seeds():
    """A table's number is that of its map among all captured ones, as in rows_fuzz.cpp."""
    table = -1
    for server, capture in CAPTURES:
        for event in captured(capture):
            kind = event[TYPE_AT]
            table += kind == TABLE_MAP
            if kind in ROWS:
                yield "%s_%02d_%s" % (server_name(server), table, ROWS[kind]), bytes([table, kind]) + body(event)


def json_diff_seeds():
    """The change of a path in the captured partial update, and others in its form."""
    update = next(event for event in captured("mysql-9.7") if event[TYPE_AT] == 39)
    at = update.index(b"$.a[1]") - 2
    value = at + 2 + 6
    changes = {"replace": update[at:value + 1 + update[value]], "remove": b"\x02\x03$.b"}
    changes["insert"] = b"\x01\x03$.c" + update[value:value + 1 + update[value]]
    text = b'{"a": [1, 2, 3], "b": {"c": "d\\u0001", "e": null}}'
    deep = b"[" * 99 + b"]" * 99
    for name, levels in (("insert_to_the_depth_limit", 1), ("insert_beyond_the_depth_limit", 2)):
        path, array = b"$" + b"[0]" * 99, b"\x02\x00\x00\x04\x00"
        value = array if levels == 1 else b"\x02\x01\x00\x0b\x00\x02\x07\x00" + array[1:]
        changes[name] = b"\x01\xfc" + len(path).to_bytes(2, "little") + path + bytes([len(value)]) + value
    for name, change in changes.items():
        before = deep if "depth" in name else text
        size = len(before) + len(change)
        split = -(-len(before) * 255 // size)
        while size * split // 255 < len(before):
            split += 1
        padding = b" " * (size * split // 255 - len(before))  # the document may end in spaces
        yield name, bytes([split]) + before + padding + change


def compressed_seeds():
    payloads = [event for event in captured("mysql-9.7") + list(logged("log_mysql_9_7_b")) if event[TYPE_AT] == PAYLOAD]
    for number, event in enumerate(payloads):
        yield "payload_%d" % number, b"\0" + body(event)
    inner = bytes(9) + (219).to_bytes(4, "little") + bytes(206)
    for name, size in (("exactly", 219), ("too_little", 218), ("too_much", 220)):
        head = b"\x02\x03\xfc\xff\x00" + b"\x03\x01" + bytes([size]) + b"\x01\x01" + bytes([len(inner)]) + b"\0"
        yield "payload_announces_" + name, b"\0" + head + inner
    rows = b"".join(event for event in captured("mysql-9.7")[2:6])
    yield "events_to_compress", b"\4" + rows
    yield "value_to_compress", b"\5" + b"abc" * 50
    for event in captured("mariadb-10.11"):
        for head in (b"\x89\x96", b"\x89\xc8"):  # of compressed columns: zlib without its own head, one byte of length
            at = event.find(head)
            if at > 0:
                yield "mariadb_column_%d" % head[1], b"\3" + event[at:at + event[at - 2]]


def decimal_temporal_seeds():
    yield "decimal_14_4", bytes([0, 14, 4]) + bytes.fromhex("810dfb38d204d2")
    yield "decimal_14_4_negative", bytes([0, 14, 4]) + bytes.fromhex("7ef204c72dfb2d")
    yield "decimal_65_30", bytes([0, 65, 30]) + bytes([0x80]) + bytes(29)
    yield "text", bytes([1, 4, 0]) + b"-00123.4500"
    yield "text_zero", bytes([1, 2, 0]) + b"-0.00"
    names = ("timestamp2", "datetime2", "time2", "date", "old_datetime", "old_time", "mariadb_time", "mariadb_datetime",
             "mariadb_timestamp", "timestamp")
    for form, name in enumerate(names):
        for fsp in (0, 3, 6):
            yield "%s_%d" % (name, fsp), bytes([2, form, fsp]) + bytes.fromhex("99b03d0f1e03e800")


def gtid_set_seeds():
    yield "mysql_text", b"\0" + ("%s:1-34:36,3e11fa47-71ca-11e1-9e33-c80aa9429562:7" % UUID).encode()
    yield "mysql_text_tagged", b"\0" + ("%s:1-34:tagx:1:3-5" % UUID).encode()
    yield "mariadb_text", b"\1" + b"0-1-55,1-2-3"
    for log in ("log_mysql_9_7_a", "log_mysql_9_7_b"):
        for event in logged(log):
            if event[TYPE_AT] == 35:
                yield "previous_gtids_" + log[-1], b"\2" + body(event)
    for name, tag in (("", b"ab"), ("_longest", b"t" * 32), ("_too_long", b"t" * 33)):
        head = bytes.fromhex("0101000000000001" + UUID.replace("-", "")) + bytes([len(tag) * 2])
        yield "binary_tagged" + name, b"\2" + head + tag + b"".join(n.to_bytes(8, "little") for n in (1, 5, 6))


def position_seeds():
    yield "mysql", ("mysql server=%s file=binlog.000012:4711 gtids=%s:1-5:7" % (UUID, UUID)).encode()
    yield "mysql_xa", ("mysql server=%s file=binlog.000012:4711 gtids=%s:1-9 read_from=binlog.000011:4 read_from_gtids=%s:1-3"
                       % (UUID, UUID, UUID)).encode()
    yield "mariadb", b"mariadb server=1 file=mariadb-bin.000003:1000 gtids=0-1-55,1-1-3 unseen=7,9"
    yield "unknown", b"-"


def packets_seeds():
    """The log as a dump sends it: each event after a zero byte, in a packet."""
    for server, log in LOGS:
        stream = b""
        for number, event in enumerate(list(logged(log))[:6], 1):
            stream += (len(event) + 1).to_bytes(3, "little") + bytes([number]) + b"\0" + event
        yield log[4:], b"\x64" + stream
        yield log[4:] + "_out_of_sequence", b"\xff" + stream[:3] + b"\x05" + stream[4:]
    yield "empty", b"\x80\0\0\0\1\0\0\0\2"


def state_seeds():
    yield "unchanged", b"\1"
    yield "magic", b"\1" + bytes([0, 0, 0, 1]) + b"X"
    yield "version", b"\1" + bytes([63, 0, 0, 1]) + b"\x09"
    yield "second_page", b"\1" + bytes([8, 16, 0, 2]) + b"\xff\xff"
    yield "empty_file", b"\0"
    yield "only_magic", b"\0SQLite format 3\0\x10\0\2\2\0"
    schema = (b'\2{"columns":[{"auto_increment":false,"charset":"","collation":"","default":"","fixed_length":false,"kind":3,'
              b'"labels":[],"large_object":false,"length":0,"name":"id","native_type":"bigint","nullable":false,"order_known":true,'
              b'"ordinal":0,"scale":0,"set":false,"unsigned":false}],"database":"shop","key":[0],"key_origin":1,"rows_estimated":7,'
              b'"source_columns":1,"table":"orders"}')
    yield "schema", schema
    for name, before, after in (("kind", b'"kind":3', b'"kind":99'), ("key_origin", b'origin":1', b'origin":-1'),
                                ("ordinal", b'"ordinal":0', b'"ordinal":65536'), ("key", b"[0]", b"[1]")):
        yield "schema_wrong_" + name, schema.replace(before, after)


def pgoutput_seeds():
    """The captured streams: whole transactions, as many as an input may have; those that are streamed with a few rows of each block."""
    for name in ("kinds", "streamed"):
        for version in (15,):
            text = read("tests/golden/postgres-%s.%d.pgoutput" % (name, version))
            seed, rows = b"", 0
            for message in map(bytes.fromhex, text.split()):
                rows = rows + 1 if message[:1] in b"IUD" else 0
                if rows <= 2 and len(message) < 500:
                    seed += len(message).to_bytes(2, "little") + message
            for flags in (0, 2):
                yield "%s_%d_%d" % (name, version, flags), bytes([flags]) + seed
    prepared = (b"b" + bytes(7) + b"\x02" + bytes(7) + b"\x03" + bytes(8) + b"\0\0\0\x09gid\0",
                b"P\0" + bytes(7) + b"\x02" + bytes(7) + b"\x03" + bytes(8) + b"\0\0\0\x09gid\0",
                b"K\0" + bytes(6) + b"\x02\0" + bytes(6) + b"\x03\0" + bytes(8) + b"\0\0\0\x09gid\0")
    yield "prepared", b"\0" + b"".join(len(m).to_bytes(2, "little") + m for m in prepared)


def source_values_seeds():
    """The known values of the unit test in both forms, by the places that the target gives to types, and a tuple of some of them."""
    types = re.findall(r'column\(ValueKind::\w+, "([^"]+)"', read("tests/fuzz/source_values_fuzz.cpp"))
    fields = {}
    known = re.findall(r'\{ValueKind::\w+, "([^"]+)", \d+, \d+, "((?:[^"\\]|\\.)*)",\s*"([0-9a-f]*)"\}', read("tests/unit/postgres/value_decoding_test.cpp"))
    for number, (native, text, binary) in enumerate(known):
        if native not in types:
            continue
        place = types.index(native)
        fields[place] = bytes.fromhex(binary)
        text = re.sub(r"\\(.)", r"\1", text).encode()
        yield "%03d_text" % number, bytes([place, 0]) + text
        yield "%03d_binary" % number, bytes([place, 1]) + fields[place]
    fields[types.index("money")] = b"$1,234.50"
    fields[types.index("integer[]")] = b"{1,NULL}"
    row = [fields.get(place) for place in range(len(types))]
    packed = [b"\xff" * 4 if field is None else len(field).to_bytes(4, "big") + field for field in row]
    yield "tuple", bytes([255, 0]) + len(types).to_bytes(2, "big") + b"".join(packed)


def json_seeds():
    """The documents of the unit test, which are long texts of hex digits there."""
    joined = re.sub(r'"\s*\n\s*"', "", read("tests/unit/mysql/json_test.cpp"))
    for number, text in enumerate(re.findall(r'"((?:[0-9a-f]{2}){4,})"', joined)):
        yield "document_%02d" % number, b"\xff" + bytes.fromhex(text)


def statement_seeds():
    joined = re.sub(r'"\s*\n\s*"', "", read("tests/unit/mysql/ddl_scanner_test.cpp"))
    joined = re.sub(r"(?m)^#include.*", "", joined)
    for number, text in enumerate(re.findall(r'"((?:[^"\\\n]|\\.){8,})"', joined)):
        words = re.sub(r"[^a-z]+", "_", text.lower())[:24].strip("_")
        yield "%02d_%s" % (number, words), text.encode()


def config_seeds():
    text = read("conf/tidemark.yaml")
    yield "example", text.encode()
    yield "example_uncommented", re.sub(r"(?m)^(\s*)# ?(?=[\w-]+:)", r"\1", text).encode()


def main():
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus")
    for function in sorted(name for name in globals() if name.endswith("_seeds")):
        folder = os.path.join(top, function[:-len("_seeds")])
        os.makedirs(folder, exist_ok=True)
        for old in os.listdir(folder):
            os.remove(os.path.join(folder, old))
        inputs = dict(globals()[function]())
        for name, data in inputs.items():
            with open(os.path.join(folder, name), "wb") as out:
                out.write(data)
        print("%s: %d" % (os.path.relpath(folder, TOP), len(inputs)))


if __name__ == "__main__":
    main()
