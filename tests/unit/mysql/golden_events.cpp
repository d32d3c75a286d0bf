#include "golden_events.h"

#include <fstream>
#include <map>
#include <memory>

#include "engine/mysql/checksum.h"
#include "engine/mysql/payload.h"
#include "engine/mysql/rows_event.h"
#include "row_text.h"

namespace tidemark::mysql {

namespace {

constexpr size_t kHeader = 19, kChecksum = 4;
constexpr uint8_t kTableMapType = 19, kPayloadType = 40;

class Runner {
 public:
  Runner(const ServerKind& server, const std::function<void(TableSchema&)>& adjust) : server_(server), adjust_(adjust) {}

  void event(std::string_view event) {
    if (event.size() < kHeader) return lines_.push_back("event is too short");
    auto type = static_cast<uint8_t>(event[4]);
    ByteCursor body(event.substr(kHeader));
    if (type == kTableMapType) return table_map(body);
    if (type == kPayloadType) return payload(body);
    if (is_rows_event(type)) rows(type, body);
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  void table_map(ByteCursor body) {
    TableMap map;
    std::string why;
    if (!parse_table_map(body, server_.flavour, map, why)) return lines_.push_back(why);
    try {
      auto schema = std::make_shared<TableSchema>(*schema_from_table_map(map, server_.flavour));
      if (adjust_) adjust_(*schema);
      decoders_.erase(map.table_id);
      decoders_.emplace(map.table_id, RowDecoder(map, schema, server_));
      skippers_.erase(map.table_id);
      skippers_.emplace(map.table_id, RowDecoder::skipper(map, server_));
    } catch (const Error& error) {
      lines_.push_back(error.what());
    }
  }

  void payload(ByteCursor body) {
    PayloadReader reader;
    std::string_view inner;
    if (!reader.open(body)) return lines_.push_back(reader.error());
    PayloadReader::Step step;
    while ((step = reader.next(inner)) == PayloadReader::Step::event) event(inner);
    if (step == PayloadReader::Step::failed) lines_.push_back(reader.error());
  }

  void rows(uint8_t type, ByteCursor body) {
    RowsHead head;
    if (!parse_rows_head(body, head)) return lines_.push_back("no head");
    auto it = decoders_.find(head.table_id);
    if (it == decoders_.end()) return lines_.push_back("no table map");
    LogBatch batch;
    bool fine = decode_rows(type, body, it->second, 0, batch);
    if (!fine) {
      const RowDecoder& decoder = it->second;
      lines_.push_back(std::string(kind_name(decoder.error_kind())) + ": " + decoder.error() + " hint: " + decoder.error_hint());
    }
    for (const Change& change : batch.changes) lines_.push_back(change_text(change, it->second.schema()->columns.size()));
    // What decodes can be counted without decoding too.
    if (fine && count_rows(type, body, skippers_.at(head.table_id)) != batch.changes.size()) lines_.push_back("counted differently");
  }

  ServerKind server_;
  const std::function<void(TableSchema&)>& adjust_;
  std::map<uint64_t, RowDecoder> decoders_, skippers_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> read_golden(const std::string& file) {
  std::ifstream in(std::string(MYSQL_GOLDEN_FOLDER) + "/" + file);
  std::vector<std::string> events;
  for (std::string line; std::getline(in, line);) events.push_back(from_hex(line));
  return events;
}

std::vector<std::string> decode_events(const std::vector<std::string>& events, const ServerKind& server,
                                       const std::function<void(TableSchema&)>& adjust) {
  Runner runner(server, adjust);
  for (const std::string& event : events) {
    if (event.size() >= kHeader + kChecksum) runner.event(std::string_view(event).substr(0, event.size() - kChecksum));
  }
  return runner.take();
}

}  // namespace tidemark::mysql
