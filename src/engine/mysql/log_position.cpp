#include "engine/mysql/log_position.h"

namespace tidemark::mysql {

std::string LogPosition::text(LogOffset offset) const {
  Position position;
  position.lineage = Lineage::mysql;
  position.log_name = name_.empty() ? "binlog" : name_;
  position.offset = offset;
  return position.file_text();
}

}  // namespace tidemark::mysql
