// What happens to the simulated server's log as a whole: rotation, purge, restart, another server in its place, a lost end.
#include <algorithm>

#include "sim/source.h"

namespace tidemark::sim {

namespace {
constexpr uint64_t kRotateBytes = 40;
}  // namespace

void Source::rotate() {
  if (plan_.server == ServerKind::postgres) {
    tail_.byte += 100;
  } else {
    file_ends_[tail_.file] = tail_.byte + kRotateBytes;
    tail_ = {tail_.file + 1, 200};
  }
}

void Source::purge(size_t upto) {
  if (plan_.server == ServerKind::postgres && slot_.exists && !slot_.lost) upto = std::min(upto, slot_index());
  purged_ = std::max(purged_, std::min(upto, log_.size()));
  if (plan_.server == ServerKind::postgres) return;
  first_file_ = std::max(first_file_, purged_ < log_.size() ? log_[purged_].begin.file : tail_.file);
  for (purged_ = 0; purged_ < log_.size() && log_[purged_].begin.file < first_file_;) ++purged_;
}

std::optional<size_t> Source::boundary(const LogOffset& at) const {
  size_t n = 0;
  while (n < log_.size() && log_[n].end <= at) ++n;
  const uint64_t bytes = file_bytes(at.file);
  const bool of_file = at.byte == 4 || at.byte == bytes || (at.file != tail_.file && at.byte + kRotateBytes == bytes);
  return of_file || (n < log_.size() && log_[n].begin == at) ? std::optional(n) : std::nullopt;
}

/// What is in the log is committed by recovery, what is not is gone.
void Source::restart() {
  for (Client& client : clients_) client.clear();
  emptied_ = {};
  for (LogEntry& entry : log_) {
    if (!entry.visible) show(entry);
  }
  held_ = {};
  for (size_t which : open_) held_.add(prepared_[which].locks);
  turn_ = log_.size();
  while (execute()) {
  }
  rotate();
}

void Source::truncate(size_t keep) {
  for (Client& client : clients_) client.clear();
  emptied_ = {};
  log_.resize(keep);
  after_.resize(keep + 1);
  purged_ = std::min(purged_, keep);
  altered_ = log_.empty() ? decltype(altered_){} : log_.back().schemas;
  next_number_[0] = next_number_[1] = 101;
  for (const LogEntry& entry : log_) {
    if (plan_.server == ServerKind::mariadb) next_number_[entry.gtid.origin.domain] = entry.gtid.number + 1;
    if (plan_.server == ServerKind::mysql_gtids && entry.gtid.origin.uuid[0] == epoch_) next_number_[0] = entry.gtid.number + 1;
  }
}

/// Another server's log has the same transactions, at other places.
void Source::move_log() {
  tail_ = {1, 4 + uint64_t{epoch_} * 1000};
  file_ends_.clear();
  first_file_ = 1;
  for (size_t i = 0; i < log_.size(); ++i) {
    LogEntry& entry = log_[i];
    if (i == purged_ && i != 0) {
      rotate();
      first_file_ = tail_.file;
    }
    const uint64_t bytes = entry.end.byte - entry.begin.byte + epoch_;
    entry.begin = tail_;
    tail_.byte += bytes;
    entry.end = tail_;
  }
  if (purged_ == log_.size() && purged_ != 0) {
    rotate();
    first_file_ = tail_.file;
  }
}

/// The first transactions of the log are visible and executed, the others hold their rows.
void Source::show_only(size_t shown) {
  executed_ = gtids_before(shown);
  visible_count_ = visible_prefix_ = executed_count_ = turn_ = shown;
  visible_ = after_[shown];
  held_ = {};
  open_.clear();
  for (size_t i = 0; i < log_.size(); ++i) {
    LogEntry& entry = log_[i];
    entry.visible = entry.executed = i < shown;
    if (entry.prepares != 0) open_.push_back(entry.prepared);
    if (entry.ends != 0) std::erase(open_, entry.prepared);
    if (i < shown) continue;
    entry.order = CommitOrder::log;
    held_.add(entry.locks);
  }
  for (size_t which : open_) held_.add(prepared_[which].locks);
}

void Source::fail_over(size_t keep, size_t committing) {
  const bool lost = keep < log_.size();
  keep = std::min(keep, log_.size());
  size_t shown = keep;
  Locks locks;
  auto locks_of = [this](const LogEntry& e) -> const Locks& { return e.prepares != 0 ? prepared_[e.prepared].locks : e.locks; };
  while (plan_.server != ServerKind::postgres && shown > 0 && keep - shown < committing && !locks.meet(locks_of(log_[shown - 1]))) {
    locks.add(locks_of(log_[--shown]));  // no two of them hold the same row
  }
  ++epoch_;
  truncate(keep);
  if (plan_.server != ServerKind::postgres) {
    server_ = std::to_string(epoch_);
    move_log();
  } else {
    if (committing == 2) slot_.exists = false;  // not one that standbys keep
    forks_.push_back({tail_.file, lost ? log_.empty() ? 500 : log_.back().end.byte : tail_.byte});
    LogOffset from = forks_.back();
    for (; !timelines_.empty() && timelines_.back().byte > from.byte; timelines_.pop_back()) from.file = timelines_.back().file;
    timelines_.push_back(from);
    tail_ = {tail_.file + 1, from.byte};
    if (committing == 3) slot_ = {true, false, true, tail_.byte};
    // What a standby knows of the slot may be old, and it keeps the log from there.
    const uint64_t known = committing == 1 && keep / 2 >= purged_ && keep != 0 ? log_[keep / 2].begin.byte : tail_.byte;
    slot_.confirmed = std::min(slot_.confirmed, known);
  }
  show_only(shown);
}

void Source::lose_tail(Rng& rng) {
  size_t first = log_.size();
  while (first > 0 && log_[first - 1].begin.file == tail_.file) --first;
  const size_t keep = first + rng.below(static_cast<uint32_t>(log_.size() - first + 1));
  tail_.byte = keep == log_.size() ? tail_.byte : log_[keep].begin.byte;
  lost_tail_ = lost_tail_ || keep < log_.size();
  truncate(keep);
  file_ends_[tail_.file] = tail_.byte;  // no ROTATE event
  tail_ = {tail_.file + 1, 200};
  show_only(keep);
}

}  // namespace tidemark::sim
