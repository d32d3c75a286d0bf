// All failpoints: a name that is not here does not compile, and TIDEMARK_FAILPOINTS with one is refused. tests/crash kills the daemon at
// each. A name's first word says who passes it: sqlite and postgres are one sink only, mysql_sink the MariaDB and MySQL one; mysql,
// mariadb and postgres_source are one source only.
#pragma once

#include <string_view>

namespace tidemark {

inline constexpr std::string_view kFailpoints[] = {
    // the daemon and a session's start, in this order
    "daemon.state_open",         // state file open and migrated, no pipeline runs
    "daemon.stopping",           // a signal asked for the end, nothing was told to end
    "pipeline.session_lost",     // a session has ended by an error that another one may get over
    "session.source_checked",    // the sink was not yet talked to
    "session.sink_open",         // tidemark's own tables are there
    "session.state_loaded",      // both states are read, nothing is reconciled
    "session.reconciled",        // the state file follows the sink
    "session.start_chosen",      // the place in the log; nothing of it is written anywhere
    "session.targets_prepared",  // target tables created, the sink forgot the chunks of lost ones, the state file did not
    "session.log_open",          // the dump has been asked for
    "session.captured_saved",    // the sink knows the captured tables, the state file does not
    "session.schemas_saved",     // all is written, no thread runs
    // copying
    "chunk.before_open", "chunk.before_view", "chunk.view_open", "chunk.watermark_read", "chunk.block_read",
    "chunk.spilled",  // a block of a large table without key is in the spill file
    "chunk.after_read", "chunk.handed_over",
    "mysql.view_locked",               // the table lock is held, the view not open
    "mysql.gtids_read",                // the view comes after them
    "mariadb.view_begun",              // its place in the log is not known yet
    "postgres_source.published",       // the captured tables are, and no slot is made
    "postgres_source.slot_made",       // nobody has written down where it begins
    "postgres_source.view_begun",      // its snapshot is not looked at
    "postgres_source.copying",         // a row of a COPY has come
    "postgres_source.watermark_sent",  // a message that lets the stream pass it
    "postgres_source.scan_joined",     // another connection shares the snapshot of a large table without key
    "postgres_source.range_asked",     // of its pages, on one of these connections
    // reading and routing the log
    "reader.event_taken",
    "reader.log_rotated",             // a file of the log begins: the first one, or the next one
    "postgres_source.streaming",      // the slot is in use, nothing has come
    "postgres_source.before_status",  // the server is about to be told what it no longer has to keep
    "postgres_source.status_sent",    // as far as the network took it
    "postgres_source.acknowledged",   // a status that let the slot move on
    "postgres_source.message_kept",   // of a transaction that has not ended
    "postgres_source.kept_in_file",   // many of them have left the memory
    "postgres_source.replayed",       // one of them is read again, after the commit
    "reader.after_read", "router.before_batch", "router.after_batch",
    // applying
    "session.before_write",
    "session.spill_written",  // a part of a spilled table, within the transaction
    "session.after_write", "session.threads_stopped", "session.saved_at_end", "sink.begin", "sink.after_rows", "sink.before_commit",
    "sink.after_commit",
    "postgres.own_tables",          // made, the version not checked
    "postgres.locked",              // the pipeline's advisory lock is held
    "postgres.table_created",       // within the transaction that creates targets
    "postgres.tables_created",      // after it
    "postgres.captured_written",    // at the server, not committed
    "postgres.copying",             // rows of a COPY are on their way
    "postgres.commit_sent",         // its answer is not read
    "mysql_sink.own_tables",        // made, the version not checked
    "mysql_sink.locked",            // the pipeline's lock is held
    "mysql_sink.lost_forgotten",    // records of targets that have gone are gone too; the targets are not there yet
    "mysql_sink.table_created",     // committed by itself
    "mysql_sink.captured_written",  // at the server, not committed
    "mysql_sink.loading",           // many rows, bound or of a LOAD DATA, are about to be sent
    "mysql_sink.commit_sent",       // its answer is not read
    "sqlite.wal",                   // the file is in WAL mode and has no table
    "sqlite.records_created",       // not committed
    "sqlite.locked",                // the pipeline's lock is held
    "sqlite.table_created",         // not committed
    "sqlite.captured_written",      // not committed
    "sqlite.rows_removed",          // of a step whose new rows are not written
    "sqlite.committing",            // the last statement before COMMIT
    // the state file
    "state.before_migration",
    "state.migrating",  // tables created, not committed
    "state.before_write",
    "state.position_written",  // not committed
    "state.chunks_written",    // not committed
    "state.rebuilding",        // not committed
    "state.schemas_written",   // not committed
    "state.progress_written",  // not committed
    "state.after_write", "state.after_save",
    // `tidemark verify` beside a running daemon
    "verify.bound",          // knows the targets, has read nothing
    "verify.source_read",    // rows of a chunk are read
    "verify.sink_reading",   // within a read transaction at the sink
    "verify.log_replaying",  // reads the log between the places of both reads
};

constexpr bool is_failpoint(std::string_view name) {
  for (std::string_view known : kFailpoints) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace tidemark
