// One statement for many rows, whose values are its parameters: MariaDB's COM_STMT_BULK_EXECUTE, which costs the server about half of what
// the same rows cost as text. While it works on a packet the next one is written.
// Source: mariadb.com/kb/en/com_stmt_bulk_execute. Owned by the sink for the time of one run of rows, one thread; throws Error, and then
// the transaction is lost.
#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/mysql/sink_session.h"
#include "engine/mysql/value_encoding.h"

namespace tidemark::mysql {

class SinkBulk {
 public:
  /// `sql` has a '?' for each of `codecs`. `doing` must outlive this.
  SinkBulk(SinkSession& session, const std::string& sql, const std::vector<ColumnCodec>& codecs, const std::string& doing);

  /// What append_parameter() writes a row's values to.
  std::string& packet() { return packet_; }
  /// The row whose values begin at `start` is complete.
  void end_row(size_t start);
  /// The rest is sent and the last answer read.
  void finish();

 private:
  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  void send();
  void read_answer();

  SinkSession& session_;
  const std::string& doing_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::string packet_;
  size_t head_bytes_ = 0;  // of the packet, before its first row
  bool answer_due_ = false;
};

}  // namespace tidemark::mysql
