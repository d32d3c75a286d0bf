#include "engine/postgres/streamed_transactions.h"

#include <algorithm>
#include <cstring>

#include "base/failpoint.h"

namespace tidemark::postgres {

StreamedMessages::StreamedMessages(const std::string& folder)
    : spool_(folder, "keeping a transaction that the source has not ended yet",
             "Free space there, set TMPDIR to a folder that has it, or set streaming: off for the source: then the server keeps it.") {}

bool StreamedMessages::next(std::string_view& message) {
  while (spool_.next(message)) {
    uint32_t subxid;
    std::memcpy(&subxid, message.data(), sizeof subxid);
    message.remove_prefix(sizeof subxid);
    if (rolled_back_.count(subxid) == 0) return true;
  }
  return false;
}

void StreamedTransactions::append(uint32_t xid, uint32_t subxid, std::string_view message) {
  std::unique_ptr<StreamedMessages>& kept = open_[xid];
  if (!kept) kept = std::make_unique<StreamedMessages>(folder_);
  message_.assign(reinterpret_cast<const char*>(&subxid), sizeof subxid);
  message_.append(message);
  const uint64_t in_file = kept->spool_.bytes_in_file();
  kept->spool_.append(message_);
  count(*kept);
  failpoint("postgres_source.message_kept");
  if (kept->spool_.bytes_in_file() != in_file) failpoint("postgres_source.kept_in_file");
  if (in_memory_ > memory_max_) make_room();
}

void StreamedTransactions::count(StreamedMessages& messages) {
  in_memory_ -= messages.counted_;
  messages.counted_ = messages.spool_.bytes_in_memory();
  in_memory_ += messages.counted_;
}

/// Those with the most in memory go to their files, until half is free.
void StreamedTransactions::make_room() {
  while (in_memory_ > memory_max_ / 2) {
    auto largest =
        std::max_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) { return a.second->counted_ < b.second->counted_; });
    const size_t before = in_memory_;
    largest->second->spool_.flush();
    count(*largest->second);
    if (in_memory_ == before) return;  // empty buffers only
  }
}

void StreamedTransactions::roll_back(uint32_t xid, uint32_t subxid) {
  auto found = open_.find(xid);
  if (found == open_.end()) return;
  if (xid != subxid) {
    found->second->rolled_back_.insert(subxid);
    return;
  }
  in_memory_ -= found->second->counted_;
  open_.erase(found);
}

std::unique_ptr<StreamedMessages> StreamedTransactions::take(uint32_t xid) {
  auto found = open_.find(xid);
  if (found == open_.end()) return std::make_unique<StreamedMessages>(folder_);
  std::unique_ptr<StreamedMessages> messages = std::move(found->second);
  open_.erase(found);
  in_memory_ -= messages->counted_;
  return messages;
}

}  // namespace tidemark::postgres
