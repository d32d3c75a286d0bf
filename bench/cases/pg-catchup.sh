#!/bin/bash
# Catching up with 200,000 transactions of pgbench: PostgreSQL's own logical replication, and tidemark, into two servers, on the same backlog,
# in turn.
. "$(dirname "$0")/../servers.sh"
rounds=${BENCH_ROUNDS:-3} transactions=${BENCH_TRANSACTIONS:-200000}
source_engine=postgres sink_engine=postgres
start_postgres source wal_level=logical synchronous_commit=off
start_postgres replica wal_level=logical
start_postgres sink
pgbench() { "$pg_bin/pgbench" -h 127.0.0.1 -p "$source_port" -U postgres "$@" bench >"$dir/pgbench.out" 2>&1 || { tail "$dir/pgbench.out" >&2; exit 1; }; }
pgbench -i -s 10 -q
pg source -c "ALTER TABLE pgbench_history REPLICA IDENTITY FULL" -c "CREATE PUBLICATION peer FOR ALL TABLES"
"$pg_bin/pg_dump" -h 127.0.0.1 -p "$source_port" -U postgres -s bench | pg replica >/dev/null
pg replica -c "CREATE SUBSCRIPTION peer CONNECTION 'host=127.0.0.1 port=$source_port user=postgres dbname=bench' PUBLICATION peer"
wait_for bash -c "[ \"\$($pg_bin/psql -XAt -h 127.0.0.1 -p $replica_port -U postgres -d bench -c \"SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'\")\" = 0 ]"
caught_up() {  # the peer has confirmed all that is in the log now
  pg source -c "DO \$\$ DECLARE place pg_lsn := pg_current_wal_lsn(); BEGIN FOR i IN 1..60000 LOOP IF EXISTS (SELECT FROM pg_replication_slots
    WHERE slot_name = 'peer' AND confirmed_flush_lsn >= place) THEN RETURN; END IF; PERFORM pg_sleep(0.01); END LOOP; RAISE 'the peer does not arrive'; END \$\$"
}
caught_up
pg replica -c "ALTER SUBSCRIPTION peer DISABLE"
sed_include='s/bench\.\*/public.pgbench_*/'
write_config "stop: latest"
sed -i "$sed_include" "$dir/tidemark.yaml"
"$build/tidemark" snapshot bench -c "$dir/tidemark.yaml" >/dev/null 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
state_of() { pg "$1" -c "SELECT sum(abalance), count(*) FROM pgbench_accounts" -c "SELECT sum(delta), count(*) FROM pgbench_history"; }
run_replica() {
  local t; t=$(now)
  pg replica -c "ALTER SUBSCRIPTION peer ENABLE"
  caught_up
  since "$t" >>"$dir/times.replica"
  pg replica -c "ALTER SUBSCRIPTION peer DISABLE"
}
run_tidemark() { measure pg-catchup ours "$build/tidemark" run -c "$dir/tidemark.yaml" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }; }
for round in $(seq "$rounds"); do
  pgbench -n -c 2 -j 1 -t $((transactions / 2))
  if [ $((round % 2)) = 0 ]; then run_replica; run_tidemark; else run_tidemark; run_replica; fi
  [ "$(state_of sink)" = "$(state_of source)" ] || { echo "the sink differs" >&2; exit 1; }
  [ "$(state_of replica)" = "$(state_of source)" ] || { echo "the replica differs" >&2; exit 1; }
done
report pg-catchup "PostgreSQL's logical replication" "$(rates "$transactions" "$dir/times.ours")" "$(rates "$transactions" "$dir/times.replica")" transactions/s '>=2'
