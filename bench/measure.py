#!/usr/bin/env python3
"""Runs a command, writes its wall seconds to one file and its peak resident memory in MiB to another: measure.py SECONDS_FILE PEAK_FILE COMMAND..."""
import resource
import subprocess
import sys
import time

start = time.monotonic()
code = subprocess.call(sys.argv[3:])
seconds = time.monotonic() - start
with open(sys.argv[1], 'a') as out:
    print(f'{seconds:.3f}', file=out)
with open(sys.argv[2], 'a') as out:
    print(f'{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.1f}', file=out)
sys.exit(code)
