#include "engine/mysql/sink_bulk.h"

#include <new>

#include "base/failpoint.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kPacketBytes = 128u << 10;  // more is not faster, less leaves the server waiting for us
constexpr uint16_t kSendsTypes = 128;

template <typename T>
void append(std::string& out, T number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

SinkBulk::SinkBulk(SinkSession& session, const std::string& sql, const std::vector<ColumnCodec>& codecs, const std::string& doing)
    : session_(session), doing_(doing) {
  Connection& connection = session_.connection();
  statement_.reset(mysql_stmt_init(connection.handle()));
  if (!statement_) throw std::bad_alloc();
  if (mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) != 0) connection.fail(doing_, statement_.get());
  append(packet_, static_cast<uint32_t>(statement_->stmt_id));
  append(packet_, kSendsTypes);
  for (const ColumnCodec& codec : codecs) append(packet_, parameter_type(codec));
  head_bytes_ = packet_.size();
}

void SinkBulk::end_row(size_t start) {
  if (packet_.size() >= session_.max_packet_bytes() && start > head_bytes_) {  // this row goes into a packet of its own
    const std::string row = packet_.substr(start);
    packet_.resize(start);
    send();
    packet_ += row;
  }
  if (packet_.size() >= kPacketBytes) send();
}

void SinkBulk::finish() {
  if (packet_.size() > head_bytes_) send();
  read_answer();
}

void SinkBulk::send() {
  failpoint("mysql_sink.loading");
  session_.check_packet(packet_.size(), doing_);
  read_answer();
  MYSQL* handle = session_.connection().handle();
  if (handle->methods->db_command(handle, COM_STMT_BULK_EXECUTE, packet_.data(), packet_.size(), 1, statement_.get()) != 0)
    session_.connection().fail(doing_);
  answer_due_ = true;
  packet_.resize(head_bytes_);
}

void SinkBulk::read_answer() {
  if (!answer_due_) return;
  answer_due_ = false;
  if (mysql_read_query_result(session_.connection().handle()) != 0) session_.connection().fail(doing_);
}

}  // namespace tidemark::mysql
