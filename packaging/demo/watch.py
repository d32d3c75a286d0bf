#!/usr/bin/env python3
"""Watches a tidemark daemon for packaging/demo.sh, by `tidemark status --json`.

watch.py copy   TIDEMARK CONFIG PID           until every table is copied and streaming
watch.py live   TIDEMARK CONFIG PID SECONDS   shows the live stream for so long
watch.py until  TIDEMARK CONFIG PID PLACE     until this transaction, a GTID or LSN, is applied
watch.py table  TIDEMARK CONFIG PID VERIFY_JSON SECONDS TRANSACTIONS   the end table; exit status 1 when anything differs

Exit status 1 when the daemon ends or its pipeline fails meanwhile.
"""
import json
import os
import re
import subprocess
import sys
import time

TIME_LIMIT = 300  # seconds that copying, and catching up, may take


def daemon_lives(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Daemon:
    def __init__(self, tidemark, config, pid):
        self.command = [tidemark, "status", "--json", "-c", config]
        self.pid = int(pid)

    def pipeline(self):
        """The pipeline's status, None while the daemon does not answer yet; leaves the program when there is no hope."""
        if not daemon_lives(self.pid):
            sys.exit(finish_line("the daemon has ended"))
        answer = subprocess.run(self.command, capture_output=True, text=True, timeout=30)
        if answer.returncode != 0:
            return None
        pipelines = json.loads(answer.stdout).get("pipelines", [])
        if not pipelines:
            return None
        if pipelines[0]["state"] == "failed":
            error = pipelines[0].get("last_error") or {}
            sys.exit(finish_line("the pipeline failed: %s\nhint: %s" % (error.get("message"), error.get("hint"))))
        return pipelines[0]


last_drawn = [0.0]


def draw(text):
    """One line that is redrawn on a terminal; elsewhere a line every two seconds."""
    if sys.stdout.isatty():
        width = os.get_terminal_size().columns
        sys.stdout.write("\r\x1b[K" + text[: width - 1])
    elif time.monotonic() - last_drawn[0] >= 2:
        last_drawn[0] = time.monotonic()
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def finish_line(text):
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
    return text


def number(value):
    return format(int(value), ",").replace(",", " ")


def lag_text(pipeline):
    seconds = pipeline["lag"]["seconds"]
    return "unknown" if seconds is None else "%.0f ms" % (seconds * 1000)


def progress_text(pipeline):
    tables = pipeline["table_progress"]
    done = sum(t["state"] == "streaming" for t in tables)
    copied = sum(t["rows_copied"] for t in tables)
    expected = max(sum(max(t["rows_estimated"], t["rows_copied"]) for t in tables), 1)
    share = min(copied / expected, 1.0)
    bar = "#" * int(share * 24)
    return "copying  [%-24s] %5.1f %%   %s of %s rows   %d of %d tables   %s changes applied" % (
        bar, share * 100, number(copied), number(expected), done, len(tables), number(pipeline["totals"]["changes_applied"]))


def copy(daemon):
    end = time.monotonic() + TIME_LIMIT
    while time.monotonic() < end:
        pipeline = daemon.pipeline()
        if pipeline:
            draw(progress_text(pipeline))
            tables = pipeline["table_progress"]
            if tables and pipeline["state"] == "streaming" and all(t["state"] == "streaming" for t in tables):
                print(finish_line("") + "copied   %s rows of %d tables while the writer went on" % (
                    number(sum(t["rows_copied"] for t in tables)), len(tables)))
                return
        time.sleep(0.2)
    sys.exit(finish_line("the copy took longer than %d s" % TIME_LIMIT))


def live(daemon, seconds):
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pipeline = daemon.pipeline()
        if pipeline:
            draw("live     %s transactions, %s changes applied   lag %s" % (
                number(pipeline["totals"]["transactions"]), number(pipeline["totals"]["changes_applied"]), lag_text(pipeline)))
        time.sleep(0.2)
    print(finish_line("") + "live     streamed for %s s" % seconds)


def lsn_number(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def has_applied(pipeline, place):
    applied = pipeline["positions"]["applied"] or ""
    lsn = re.search(r" lsn=\d+:([0-9A-F]+/[0-9A-F]+)", applied)
    return lsn_number(lsn.group(1)) >= lsn_number(place) if lsn else place in applied


def until(daemon, place):
    start = time.monotonic()
    while time.monotonic() < start + TIME_LIMIT:
        pipeline = daemon.pipeline()
        if pipeline and has_applied(pipeline, place):
            print(finish_line("") + "caught up with the source's last transaction, %s, in %.1f s" % (place, time.monotonic() - start))
            return
        if pipeline:
            draw("catching up with %s: %s" % (place, pipeline["positions"]["applied"]))
        time.sleep(0.05)
    sys.exit(finish_line("not caught up after %d s" % TIME_LIMIT))


def table(daemon, verify_path, seconds, transactions):
    pipeline = daemon.pipeline()
    with open(verify_path, encoding="utf-8") as file:
        verdict = json.load(file)
    verdicts = {t["source"]: t for t in verdict["tables"]}
    rows, changes = 0, 0
    equal = verdict["equal"] and bool(verdict["tables"])
    print("\n %-22s %10s %10s %10s   %s" % ("table", "rows", "changes", "copied in", "source and sink"))
    for t in pipeline["table_progress"]:
        v = verdicts.get(t["source"])
        same = v is not None and v["equal"] and v["rows_source"] == v["rows_sink"]
        equal = equal and same
        rows += v["rows_source"] if v else 0
        changes += t["changes_applied"]
        print(" %-22s %10s %10s %8.1f s   %s" % (
            t["source"], number(v["rows_source"]) if v else "?", number(t["changes_applied"]), t["copy_seconds"], "equal" if same else "DIFFERENT"))
    print(" %-22s %10s %10s %8.1f s   %s" % ("total", number(rows), number(changes), float(seconds), "equal" if equal else "DIFFERENT"))
    print("\n %s source transactions were committed meanwhile, into %s sink transactions" % (
        number(transactions), number(pipeline["totals"]["sink_commits"])))
    sys.exit(0 if equal else 1)


def main():
    verb, daemon, rest = sys.argv[1], Daemon(*sys.argv[2:5]), sys.argv[5:]
    {"copy": copy, "live": live, "until": until, "table": table}[verb](daemon, *rest)


main()
