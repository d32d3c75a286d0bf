// Reads rows back for verify, as Values of the source's kinds. Owned by the sink, one thread; throws Error.
#pragma once

#include <string>
#include <vector>

#include "engine/mysql/sink_session.h"
#include "engine/mysql/sink_target.h"
#include "tidemark/key.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

class SinkRowReader {
 public:
  explicit SinkRowReader(SinkSession& session) : session_(session) {}

  void read_keys(SinkTarget& target, const std::vector<KeyBytes>& keys, const RowBlockSink& rows);
  void read_key_page(SinkTarget& target, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows);
  void read_whole(SinkTarget& target, const RowBlockSink& rows);

 private:
  /// Hands the result over in blocks; `columns` are those that it has. False: `rows` wants no more.
  bool deliver(const SinkTarget& target, const std::string& sql, const std::vector<uint16_t>& columns, const RowBlockSink& rows);

  SinkSession& session_;
};

}  // namespace tidemark::mysql
