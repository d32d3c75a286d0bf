#!/usr/bin/env python3
"""Prints one line of JSON for one case against one peer: report.py CASE PEER OURS THEIRS UNIT REACH

OURS and THEIRS are files with one figure a line, of which the medians are taken, or a single number. REACH is ">=2" or "<=1.2" for the ratio
of ours to theirs, or ">=abs:2000000" or "<=abs:2" for our own figure where there is no peer to divide by.
"""
import json
import statistics
import sys


def figure(text):
    try:
        return float(text)
    except ValueError:
        with open(text) as lines:
            return statistics.median(float(line) for line in lines if line.strip())


case, peer, ours, theirs, unit, reach = sys.argv[1:]
ours, theirs = figure(ours), None if theirs == '-' else figure(theirs)
ratio = None if theirs is None else ours / theirs
sign, bound = reach[:2], reach[2:]
value = ratio
if bound.startswith('abs:'):
    value, bound = ours, bound[4:]
ok = value >= float(bound) if sign == '>=' else value <= float(bound)
print(json.dumps({'case': case, 'peer': peer, 'ours': round(ours, 3), 'theirs': None if theirs is None else round(theirs, 3), 'unit': unit,
                  'ratio': None if ratio is None else round(ratio, 3), 'reach': reach.replace('abs:', ''), 'ok': ok}), flush=True)
sys.exit(0)
