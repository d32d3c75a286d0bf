// Values written to a real server in the forms of the MySQL sink, and read back: created as tidemark would create the table, once by
// literals, once by LOAD DATA and once bound where the server is MariaDB, decoded and compared with represent(). Owned by one test, one
// thread. Throws what the servers throw.
#pragma once

#include <fmt/core.h>
#include <mysql.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/mysql/catalog.h"
#include "engine/mysql/column_facts.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/result_row.h"
#include "engine/mysql/sink_bulk.h"
#include "engine/mysql/sink_decoding.h"
#include "engine/mysql/sink_types.h"
#include "engine/mysql/value_encoding.h"
#include "engine/mysql/value_json.h"
#include "servers/mysql_family_server.h"

namespace tidemark::test {

struct ValueRows {
  SchemaRef schema;
  std::vector<std::vector<Value>> rows;
  Arena arena;  // of the bytes
};

class SinkValues {
 public:
  explicit SinkValues(MysqlFamilyServer& server)
      : handle_(mysql_init(nullptr)), reader_(address_of(server), mysql::Purpose::control), session_(address_of(server)) {
    session_.open();
    server.exec("SET GLOBAL local_infile = 1");
    server.exec("CREATE DATABASE IF NOT EXISTS sunk; GRANT ALL ON sunk.* TO cdc@'%'");
    const unsigned on = 1;
    mysql_optionsv(handle_.get(), MYSQL_OPT_LOCAL_INFILE, &on);
    mysql_optionsv(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!mysql_real_connect(handle_.get(), nullptr, "root", "", "sunk", 0, server.socket().c_str(), 0)) fail("connecting");
    run("SET SESSION time_zone='+00:00', sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', "
        "foreign_key_checks=0");
    mysql_set_local_infile_handler(
        handle_.get(), begin, read, [](void*) {}, explain, &file_);
    flavour_ = {reader_.is_mariadb() ? mysql::Flavour::mariadb : mysql::Flavour::mysql, reader_.version()};
  }

  /// What differs, what is refused ("table.column: fault"), and what of tidemark's own types misfits. Empty: all is as it should be.
  std::vector<std::string> check(const ValueRows& table, const std::vector<ColumnRule>& rules = {}) {
    findings_.clear();
    const std::string name = table.schema->name.table;
    create(*table.schema, rules);
    for (const std::string way : {"literals", "load", "bound"}) {
      if (way == "bound" && !session_.takes_bulk()) continue;
      run("DELETE FROM " + mysql::quote_name(name));
      way == "load" ? load(table) : way == "bound" ? bind(table) : insert(table);
      compare(table, way);
    }
    return findings_;
  }
  const mysql::ServerFlavour& flavour() const { return flavour_; }
  const std::vector<mysql::ColumnCodec>& codecs() const { return codecs_; }
  const std::vector<std::string>& types() const { return types_; }

 private:
  struct Close {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
  };
  struct File {
    std::string bytes;
    size_t taken = 0;
  };

  static ServerAddress address_of(const MysqlFamilyServer& server) {
    ServerAddress address;
    address.socket = server.socket();
    address.user = "root";
    return address;
  }
  static int begin(void** handle, const char*, void* data) {
    *handle = data;
    static_cast<File*>(data)->taken = 0;
    return 0;
  }
  static int read(void* handle, char* buffer, unsigned size) {
    auto* file = static_cast<File*>(handle);
    const size_t n = std::min<size_t>(size, file->bytes.size() - file->taken);
    std::memcpy(buffer, file->bytes.data() + file->taken, n);
    file->taken += n;
    return static_cast<int>(n);
  }
  static int explain(void*, char* buffer, unsigned size) {
    if (size > 0) buffer[0] = '\0';
    return 2000;
  }
  [[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what.substr(0, 300) + ": " + mysql_error(handle_.get())); }
  void run(const std::string& sql) {
    if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail(sql);
  }

  void create(const TableSchema& schema, const std::vector<ColumnRule>& rules) {
    const std::string name = mysql::quote_name(schema.name.table);
    run("DROP TABLE IF EXISTS " + name);
    std::vector<std::string> given;
    for (const ColumnRule& rule : rules) given.push_back(rule.type);
    types_ = mysql::sink_column_types(schema, flavour_, given);
    std::string sql, key;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
      const bool may_be_null = i < rules.size() && rules[i].unfit == Unfit::null;
      sql += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", mysql::quote_name(schema.columns[i].name), types_[i],
                         mysql::sink_column_attributes(schema, i, types_[i], may_be_null));
    }
    for (const uint16_t i : schema.key) key += (key.empty() ? "" : ", ") + mysql::quote_name(schema.columns[i].name);
    run(fmt::format("CREATE TABLE {} ({}, PRIMARY KEY ({})) ENGINE=InnoDB CHARACTER SET utf8mb4", name, sql, key));
    run("COMMIT");
    make_codecs(schema, rules);
  }

  /// As the catalogue of a source would see it, and then as the sink does.
  void make_codecs(const TableSchema& schema, const std::vector<ColumnRule>& rules) {
    codecs_.clear();
    const TableName name{"sunk", schema.name.table};
    const auto columns = mysql::read_column_facts(reader_, {name}).at(name);
    for (size_t i = 0; i < schema.columns.size(); ++i) {
      mysql::ColumnFacts facts = columns.at(i);
      const mysql::TargetColumn target = mysql::make_target_column(facts);
      const bool in_key = std::find(schema.key.begin(), schema.key.end(), i) != schema.key.end();
      const bool given = i < rules.size() && !rules[i].type.empty();
      if (auto why = mysql::misfit(schema.columns[i], target, in_key); why && !given) note(schema, i, *why);
      if (auto why = in_key ? mysql::key_misfit(schema.columns[i], target) : std::nullopt) note(schema, i, *why);
      codecs_.push_back(mysql::make_codec(schema.columns[i], target, flavour_, in_key, i < rules.size() ? rules[i] : ColumnRule()));
    }
  }

  void note(const TableSchema& schema, size_t column, std::string_view what) {
    std::string line = fmt::format("{}.{}: {}", schema.name.table, schema.columns[column].name, what);
    if (std::find(findings_.begin(), findings_.end(), line) == findings_.end()) findings_.push_back(std::move(line));
  }

  void insert(const ValueRows& table) {
    for (size_t r = 0; r < table.rows.size(); ++r) insert(table, r);
  }

  void insert(const ValueRows& table, size_t r) {
    std::string sql;
    bool lenient = false;
    for (size_t i = 0; i < codecs_.size(); ++i) {
      sql += i == 0 ? "" : ", ";
      const mysql::Encoded result = mysql::append_literal(codecs_[i], table.rows[r][i], sql);
      lenient |= result == mysql::Encoded::label_zero;
      if (!mysql::is_fault(result)) continue;
      note(*table.schema, i, mysql::fault_text(result));
      sql += "NULL";
    }
    const std::string statement = fmt::format("INSERT INTO {} VALUES ({})", mysql::quote_name(table.schema->name.table), sql);
    if (lenient) run("SET @m = @@sql_mode, sql_mode = REPLACE(@@sql_mode, 'STRICT_ALL_TABLES', '')");
    if (mysql_real_query(handle_.get(), statement.data(), statement.size()) != 0) {
      const std::string name = table.schema->name.table;
      findings_.push_back(fmt::format("{} row {}: refused by the server: {}", name, r, mysql_error(handle_.get())));
    }
    if (lenient) run("SET sql_mode = @m");
  }

  void bind(const ValueRows& table) {
    const std::string name = table.schema->name.table;
    std::string marks;
    for (size_t i = 0; i < codecs_.size(); ++i) marks += i == 0 ? "?" : ", ?";
    try {
      mysql::SinkBulk bulk(session_, fmt::format("INSERT INTO sunk.{} VALUES ({})", mysql::quote_name(name), marks), codecs_, name);
      for (size_t r = 0; r < table.rows.size(); ++r) {
        const size_t start = bulk.packet().size();
        bool lenient = false;
        for (size_t i = 0; i < codecs_.size(); ++i) {
          const mysql::Encoded result = mysql::append_parameter(codecs_[i], table.rows[r][i], bulk.packet());
          lenient |= result == mysql::Encoded::label_zero;
          if (mysql::is_fault(result)) bulk.packet() += '\1';
        }
        if (!lenient) {
          bulk.end_row(start);
          continue;
        }
        bulk.packet().resize(start);
        insert(table, r);  // as the sink does it: only without strict mode
      }
      bulk.finish();
    } catch (const Error& error) {
      findings_.push_back(fmt::format("{} bound: {}", name, error.what()));
    }
    session_.run("COMMIT", "testing");
  }

  void load(const ValueRows& table) {
    std::string fields, sets;
    for (size_t i = 0; i < codecs_.size(); ++i) {
      const std::string variable = fmt::format("@v{}", i), expression = mysql::load_expression(codecs_[i], variable);
      const std::string name = mysql::quote_name(table.schema->columns[i].name);
      fields += (i == 0 ? "" : ", ") + (expression.empty() ? name : variable);
      if (!expression.empty()) sets += (sets.empty() ? " SET " : ", ") + name + " = " + expression;
    }
    size_t zeros = 0;
    file_.bytes.clear();
    std::vector<size_t> by_insert;  // as the sink does it
    for (size_t r = 0; r < table.rows.size(); ++r) {
      const size_t start = file_.bytes.size();
      bool in_file = true;
      for (size_t i = 0; i < codecs_.size(); ++i) {
        if (i > 0) file_.bytes += '\t';
        const mysql::Encoded result = mysql::append_load_field(codecs_[i], table.rows[r][i], file_.bytes);
        in_file &= result != mysql::Encoded::by_literal;
        zeros += result == mysql::Encoded::label_zero ? 1 : 0;
        if (mysql::is_fault(result)) file_.bytes += "\\N";
      }
      file_.bytes += '\n';
      if (in_file) continue;
      file_.bytes.resize(start);
      by_insert.push_back(r);
    }
    run(
        fmt::format("LOAD DATA LOCAL INFILE 'values' INTO TABLE {} CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES "
                    "TERMINATED BY '\\n' ({}){}",
                    mysql::quote_name(table.schema->name.table), fields, sets));
    if (mysql_warning_count(handle_.get()) != zeros) {
      for (const auto& row : warnings()) findings_.push_back(table.schema->name.table + ": LOAD DATA warns: " + row);
    }
    for (const size_t r : by_insert) insert(table, r);
  }

  std::vector<std::string> warnings() {
    std::vector<std::string> out;
    run("SHOW WARNINGS LIMIT 5");
    MYSQL_RES* result = mysql_store_result(handle_.get());
    while (MYSQL_ROW row = mysql_fetch_row(result)) out.emplace_back(row[2]);
    mysql_free_result(result);
    return out;
  }

  void compare(const ValueRows& table, const std::string& way) {
    const size_t columns = codecs_.size();
    std::vector<uint16_t> all(columns);
    for (size_t i = 0; i < columns; ++i) all[i] = static_cast<uint16_t>(i);
    reader_.execute("COMMIT");
    mysql::ResultStream stream(reader_, fmt::format("SELECT * FROM sunk.{} ORDER BY 1", mysql::quote_name(table.schema->name.table)));
    const mysql::SinkRowDecoder decoder(codecs_, all, stream.fields());
    size_t r = 0;
    Arena arena;
    std::vector<Value> got(columns);
    for (std::string_view packet; !(packet = stream.next()).empty(); ++r) {
      decoder.decode(packet, got.data(), arena);
      // rows have their number in the first column
      const auto& given = table.rows.at(static_cast<size_t>(got[0].int64()));
      for (size_t i = 0; i < columns; ++i) {
        std::string unused;
        if (mysql::is_fault(mysql::append_literal(codecs_[i], given[i], unused))) continue;
        const Value expected = mysql::represent(codecs_[i], given[i], arena);
        if (expected == got[i]) continue;
        findings_.push_back(fmt::format("{}.{} by {}: expected {} got {} ({})", table.schema->name.table, table.schema->columns[i].name,
                                        way, shown(expected), shown(got[i]), types_[i]));
      }
    }
    if (r != table.rows.size())
      findings_.push_back(fmt::format("{} by {}: {} rows of {}", table.schema->name.table, way, r, table.rows.size()));
  }

  static std::string shown(const Value& value) {
    return (std::string(kind_name(value.kind())) + " " +
            mysql::value_to_json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
        .substr(0, 200);
  }

  std::unique_ptr<MYSQL, Close> handle_;
  mysql::Connection reader_;
  mysql::SinkSession session_;
  mysql::ServerFlavour flavour_;
  File file_;
  std::vector<std::string> types_, findings_;
  std::vector<mysql::ColumnCodec> codecs_;
};

}  // namespace tidemark::test
