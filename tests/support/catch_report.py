#!/usr/bin/env python3
"""Reads the XML report of a Catch2 program (version 2 or 3), whole or cut off where the program died.

catch_report.py REPORT EXIT_STATUS prints "<passed> <failed>" (test cases), then what failed, for people.
"""
import sys
import xml.etree.ElementTree as tree


def text(element, tag):
    found = element.find(tag)
    return " ".join((found.text or "").split()) if found is not None else ""


def explain(case):
    lines = []
    for part in case.iter():
        where = "%s:%s" % (part.get("filename", "").rsplit("/tests/", 1)[-1], part.get("line"))
        if part.tag == "Expression" and part.get("success") == "false":
            lines.append("    %s: %s" % (where, text(part, "Original")))
            lines.append("      was: %s" % text(part, "Expanded")[:600])
            for tag in ("Exception", "FatalErrorCondition"):
                if text(part, tag):
                    lines.append("      %s: %s" % (tag.lower(), text(part, tag)[:1500]))
        elif part.tag in ("Exception", "Failure", "FatalErrorCondition") and part.get("filename"):
            lines.append("    %s: %s" % (where, " ".join((part.text or "").split())[:1500]))
        elif part.tag == "Info":
            lines.append("    with: %s" % " ".join((part.text or "").split())[-1500:])
    return lines[:60]


def main():
    report, status = sys.argv[1], int(sys.argv[2])
    passed, failed, lines = 0, 0, []
    open_case = None
    try:
        for event, element in tree.iterparse(report, events=("start", "end")):
            if element.tag != "TestCase":
                continue
            if event == "start":
                open_case = element
                continue
            result = element.find("OverallResult")
            open_case = None
            if result is not None and result.get("success") == "true":
                passed += 1
                continue
            failed += 1
            lines.append("  failed: " + element.get("name", "?"))
            lines += explain(element)
    except (OSError, tree.ParseError):
        pass  # no report, or one that ends in the middle: the exit status says why
    if open_case is not None:
        failed += 1
        lines.append("  failed: %s (the program ended in it)" % open_case.get("name", "?"))
    if status != 0 and failed == 0:
        failed = 1
    if status in (124, 137):
        lines.append("  stopped: time limit")
    elif status not in (0, 1) and status != failed:
        lines.append("  ended with status %d" % status)
    if status == 0 and passed + failed == 0:
        failed = 1
        lines.append("  ran no test")
    print(passed, failed)
    print("\n".join(lines))


main()
