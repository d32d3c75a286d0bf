// What a server must be set up like to be a source, looked at once at the start. Everything that is wrong is reported together, each with
// the SQL that cures it. Uses a control connection of the caller's thread.
// Throws Error(server_settings | credentials | unsupported).
#pragma once

#include "engine/mysql/connection.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

SourceInfo check_server(Connection& connection, const SourceConfig& config);
/// Tables whose reads must be exact without MariaDB's help (MySQL without GTIDs; tables without key) are locked for an instant: throws
/// Error(credentials) when the user may not.
void check_lock_privilege(Connection& connection, const std::vector<SchemaRef>& tables);

enum class VersionVerdict : uint8_t { fits, newer, too_old };
/// MySQL 5.7 to 9.7, MariaDB 10.5 to 11.8 fit.
VersionVerdict judge_version(bool mariadb, unsigned long version);
/// A privilege of "GRANT a, b ON *.* TO ..." lines as SHOW GRANTS prints them; ALL PRIVILEGES has them all.
bool grants_contain(const std::vector<std::string>& grants, std::string_view privilege);
/// They prove that the privilege holds for every table of the database. False: perhaps it does nevertheless.
bool grants_cover(const std::vector<std::string>& grants, std::string_view privilege, const std::string& database);

}  // namespace tidemark::mysql
