// prepare(): creates the target tables that are missing and checks those that exist. Nothing is ever dropped, truncated or altered.
// DDL commits by itself at MySQL and MariaDB, so a table that was captured and has to be made again cannot be forgotten in the
// transaction that creates it. It is forgotten *before*: whoever dies in between leaves a table that is not captured and not there, which
// the next session creates and copies; the other way round there would be an empty table with records of rows.
// Free functions on the caller's session and thread; throw Error(data | config) that names table and column, with the cure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/mysql/sink_catalog.h"
#include "engine/mysql/sink_target.h"
#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark::mysql {

struct SetUpTargets {
  std::vector<SinkTarget> targets;
  std::vector<PreparedTable> prepared;
};
/// `forget` is called, and has committed when it returns, before the first table is created: with those of them that are captured.
SetUpTargets set_up_targets(SinkSession& session, const std::vector<SinkTable>& tables, const SinkConfig& config,
                            const std::function<void(const std::vector<TableName>&)>& forget);

/// The same tables for reading: nothing is created, a missing table is an Error(data).
std::vector<SinkTarget> bind_targets(SinkSession& session, const std::vector<SinkTable>& tables, const SinkConfig& config);

}  // namespace tidemark::mysql
