#!/bin/bash
# A fixed set of simulated histories (tests/sim): 20,000 seeds, a few seconds.
exec "${TIDEMARK_BUILD:-$(dirname "$(realpath "$0")")/../../../build/release}/tests/sim/tidemark-sim" --seeds 20000 --first 1
